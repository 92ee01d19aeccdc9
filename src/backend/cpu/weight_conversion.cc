#include "backend/cpu/weight_conversion.h"

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "backend/cpu/operands.h"
#include "backend/graph/refused_operand.h"

namespace deepcache_gen {
namespace {

// Numbers that fit into a core's cache in both types.
constexpr std::int64_t kBlock = 1 << 14;

// LibTorch copies float16 to bfloat16 number by number, but each to or from float32 in vectors. Both flat; they may be
// the same memory.
void copy_through_float32(const at::Tensor& to, const at::Tensor& from) {
  at::parallel_for(0, to.numel(), kBlock, [&](std::int64_t begin, std::int64_t end) {
    const c10::InferenceMode inference;  // which each thread has its own of
    const at::Tensor block = at::empty({kBlock}, at::kFloat);
    for (; begin < end; begin += kBlock) {
      const std::int64_t count = std::min(kBlock, end - begin);
      const at::Tensor numbers = block.narrow(0, 0, count).copy_(from.narrow(0, begin, count));
      to.narrow(0, begin, count).copy_(numbers);
    }
  });
}

void copy_weight(const at::Tensor& to, const at::Tensor& weight) {
  if (to.scalar_type() != at::kBFloat16 || weight.scalar_type() != at::kHalf) {
    to.copy_(weight);
    return;
  }
  // Their order first, in place of the numbers to come, which have the same size.
  const at::Tensor flat = to.as_strided({to.numel()}, {1});
  const at::Tensor ordered = weight.strides() == to.strides() ? weight : to.view(at::kHalf).copy_(weight);
  copy_through_float32(flat, ordered.as_strided({to.numel()}, {1}));
}

void require_convertible(const at::Tensor& weight) {
  if (!weight.is_floating_point()) refuse_operand("a linear or convolution", "floating-point weights", weight);
}

}  // namespace

WeightConversion::WeightConversion(c10::ScalarType dtype, std::shared_ptr<const MappedFile> file,
                                   std::shared_ptr<KeptWeights> kept)
    : dtype_(dtype),
      file_(std::move(file)),
      memory_(std::make_shared<at::Tensor>()),
      layouts_(std::make_shared<ConvolutionLayouts>()),
      kept_(kept ? std::move(kept) : std::make_shared<KeptWeights>()) {}

at::Tensor WeightConversion::convert(const at::Tensor& weight) {
  require_convertible(weight);
  const auto format = weight.dim() == 4 ? c10::MemoryFormat::ChannelsLast : c10::MemoryFormat::Contiguous;
  if (weight.scalar_type() == dtype_ && weight.is_contiguous(format)) return weight;
  const at::Tensor converted = room_for(weight.sizes());
  copy_weight(converted, weight);
  return converted;
}

at::Tensor WeightConversion::convert(std::span<const at::Tensor> parts) {
  if (parts.size() == 1) return convert(parts.front());
  std::vector<std::int64_t> sizes = parts.front().sizes().vec();
  sizes[0] = 0;
  for (const at::Tensor& part : parts) sizes[0] += part.size(0);
  const at::Tensor converted = room_for(sizes);
  std::int64_t row = 0;
  for (const at::Tensor& part : parts) {
    require_convertible(part);
    copy_weight(converted.narrow(0, row, part.size(0)), part);
    row += part.size(0);
  }
  return converted;
}

at::Tensor WeightConversion::room_for(at::IntArrayRef sizes) {
  const std::int64_t count = c10::multiply_integers(sizes);
  at::Tensor& memory = *memory_;
  if (!memory.defined() || memory.numel() < count) {
    memory.reset();  // or both would be there for a moment
    memory = at::empty({count}, dtype_);
  }
  const at::Tensor numbers = memory.narrow(0, 0, count);
  const bool is_kernel = sizes.size() == 4;
  return is_kernel ? numbers.view({sizes[0], sizes[2], sizes[3], sizes[1]}).permute({0, 3, 1, 2}) : numbers.view(sizes);
}

void WeightConversion::finish_reading() const {
  if (!file_) return;
  file_->check_unchanged();
  file_->drop_pages();
}

WeightConversion WeightConversion::apart() const {
  WeightConversion result = *this;
  result.memory_ = std::make_shared<at::Tensor>();
  return result;
}

}  // namespace deepcache_gen
