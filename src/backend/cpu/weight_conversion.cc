#include "backend/cpu/weight_conversion.h"

#include <ATen/ops/empty.h>

namespace deepcache_gen {

WeightConversion::WeightConversion(c10::ScalarType dtype, std::shared_ptr<const MappedFile> file)
    : dtype_(dtype), file_(std::move(file)), memory_(std::make_shared<at::Tensor>()) {}

at::Tensor WeightConversion::convert(const at::Tensor& weight) {
  if (weight.scalar_type() == dtype_ && weight.is_contiguous()) return weight;
  at::Tensor& memory = *memory_;
  if (!memory.defined() || memory.numel() < weight.numel()) {
    memory.reset();  // or both would be there for a moment
    memory = at::empty({weight.numel()}, dtype_);
  }
  const at::Tensor converted = memory.narrow(0, 0, weight.numel()).view(weight.sizes());
  converted.copy_(weight);
  return converted;
}

void WeightConversion::drop_pages() const {
  if (file_) file_->drop_pages();
}

}  // namespace deepcache_gen
