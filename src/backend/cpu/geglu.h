#pragma once

#include <ATen/core/Tensor.h>

namespace deepcache_gen {

/// GEGLU (Shazeer, arXiv 2002.05202): the first half of each row times the GELU of the second. `rows`: [..., 2 n],
/// float32 or bfloat16; returns [..., n]. Throws `Error` for anything else.
at::Tensor gate(const at::Tensor& rows);

}  // namespace deepcache_gen
