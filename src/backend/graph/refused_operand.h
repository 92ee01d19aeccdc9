#pragma once

#include <ATen/core/Tensor.h>

#include <string>

namespace deepcache_gen {

/// Throws an `Error`: that `reader` ("a linear") takes what is `accepted`, and got this tensor.
[[noreturn]] void refuse_operand(const std::string& reader, const std::string& accepted, const at::Tensor& got);

/// Throws `Error` unless a constant of a model is a tensor that can be converted and packed: on the CPU, not quantized,
/// and not much larger than the memory it lies in, which it would be if it repeats its numbers (strides of zero).
void require_storable(const at::Tensor& constant);

}  // namespace deepcache_gen
