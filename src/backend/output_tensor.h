#pragma once

#include <ATen/core/ivalue.h>

#include "support/error.h"

namespace deepcache_gen {

/// What a module returned, or a part of it, as the tensor that it must be. Throws `Error` for anything else.
inline at::Tensor output_tensor(const c10::IValue& output) {
  if (output.isTensor()) return output.toTensor();
  throw Error("returned something else than tensors; export the model again with deepcache-gen export");
}

}  // namespace deepcache_gen
