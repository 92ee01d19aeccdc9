#include "backend/library/placed_weight.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <c10/core/InferenceMode.h>

#include <utility>
#include <vector>

#include "backend/graph/refused_operand.h"

namespace deepcache_gen {

PlacedWeight::PlacedWeight(WeightSource source, const Placement& placement, bool channels_last,
                           std::shared_ptr<const MappedFile> file, std::shared_ptr<KeptWeights> kept)
    : FollowingWeight(std::move(kept)),
      source_(std::move(source)),
      placement_(placement),
      channels_last_(channels_last && source_.outline().dim() == 4),
      file_(std::move(file)),
      numbers_(read().to(placement.device)) {
  source_.let_go();
  state_ = source_.state();
}

const at::Tensor& PlacedWeight::numbers() const {
  follow();
  return numbers_;
}

void PlacedWeight::follow() const {
  const WeightState state = source_.state();
  if (state == state_) return;
  const c10::InferenceMode inference;
  const at::Tensor numbers = read();
  if (file_) file_->check_unchanged();
  numbers_.copy_(numbers);
  state_ = state;
  if (file_) file_->drop_pages();
}

// Copied in any case: the numbers may lie in a mapped file.
at::Tensor PlacedWeight::read() const {
  std::vector<at::Tensor> parts = source_.parts();
  for (at::Tensor& part : parts) {
    if (!part.is_floating_point()) refuse_operand("a linear or convolution", "floating-point weights", part);
    part = part.to(placement_.dtype, false, /*copy=*/true);
  }
  const at::Tensor numbers = parts.size() == 1 ? parts.front() : at::cat(parts);
  return numbers.contiguous(channels_last_ ? c10::MemoryFormat::ChannelsLast : c10::MemoryFormat::Contiguous);
}

}  // namespace deepcache_gen
