#include "backend/cpu/weight_conversion.h"

#include <ATen/ops/empty.h>

namespace deepcache_gen {

at::Tensor WeightConversion::convert(const at::Tensor& weight) {
  if (weight.scalar_type() == dtype_ && weight.is_contiguous()) return weight;
  if (!memory_.defined() || memory_.numel() < weight.numel()) memory_ = at::empty({weight.numel()}, dtype_);
  const at::Tensor converted = memory_.narrow(0, 0, weight.numel()).view(weight.sizes());
  converted.copy_(weight);
  return converted;
}

}  // namespace deepcache_gen
