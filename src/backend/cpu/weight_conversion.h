#pragma once

#include <ATen/core/Tensor.h>

namespace deepcache_gen {

/// Converts weights, one after the other, in one piece of memory: temporary copies all over the heap would leave holes
/// that nothing fits in.
class WeightConversion {
 public:
  explicit WeightConversion(c10::ScalarType dtype) : dtype_(dtype) {}

  c10::ScalarType dtype() const { return dtype_; }
  /// The weight in `dtype()` and without gaps; valid until the next call.
  at::Tensor convert(const at::Tensor& weight);

 private:
  c10::ScalarType dtype_;
  at::Tensor memory_;
};

}  // namespace deepcache_gen
