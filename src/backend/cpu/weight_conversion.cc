#include "backend/cpu/weight_conversion.h"

#include <ATen/ops/empty.h>

namespace deepcache_gen {

WeightConversion::WeightConversion(c10::ScalarType dtype, std::shared_ptr<const MappedFile> file)
    : dtype_(dtype),
      file_(std::move(file)),
      memory_(std::make_shared<at::Tensor>()),
      layouts_(std::make_shared<ConvolutionLayouts>()) {}

at::Tensor WeightConversion::convert(const at::Tensor& weight) {
  const bool is_kernel = weight.dim() == 4;
  const auto format = is_kernel ? c10::MemoryFormat::ChannelsLast : c10::MemoryFormat::Contiguous;
  if (weight.scalar_type() == dtype_ && weight.is_contiguous(format)) return weight;
  at::Tensor& memory = *memory_;
  if (!memory.defined() || memory.numel() < weight.numel()) {
    memory.reset();  // or both would be there for a moment
    memory = at::empty({weight.numel()}, dtype_);
  }
  const at::Tensor numbers = memory.narrow(0, 0, weight.numel());
  const at::Tensor converted =
      is_kernel ? numbers.view({weight.size(0), weight.size(2), weight.size(3), weight.size(1)}).permute({0, 3, 1, 2})
                : numbers.view(weight.sizes());
  converted.copy_(weight);
  return converted;
}

void WeightConversion::drop_pages() const {
  if (file_) file_->drop_pages();
}

}  // namespace deepcache_gen
