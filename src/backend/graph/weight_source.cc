#include "backend/graph/weight_source.h"

#include <ATen/ops/empty.h>

#include <utility>

namespace deepcache_gen {

at::Tensor outline_of(at::IntArrayRef sizes, c10::ScalarType dtype) { return at::empty({}, dtype).expand(sizes); }

WeightSource::WeightSource(at::Tensor weight)
    : can_change_(false), sizes_(weight.sizes()), dtype_(weight.scalar_type()) {
  weights_.push_back(std::make_shared<const PatchableWeight>(std::move(weight)));
}

WeightSource::WeightSource(std::vector<std::shared_ptr<const PatchableWeight>> weights, const at::Tensor& outline)
    : weights_(std::move(weights)), can_change_(true), sizes_(outline.sizes()), dtype_(outline.scalar_type()) {}

at::Tensor WeightSource::outline() const { return outline_of(sizes_, dtype_); }

WeightSource WeightSource::reshaped(std::vector<std::int64_t> sizes) const {
  WeightSource result = *this;
  result.sizes_ = at::DimVector(sizes.begin(), sizes.end());
  return result;
}

std::vector<at::Tensor> WeightSource::parts() const {
  std::vector<at::Tensor> parts;
  for (const auto& weight : weights_) {
    at::DimVector sizes = sizes_;
    if (!sizes.empty()) sizes[0] = weight->sizes()[0];
    parts.push_back(weight->read().reshape(sizes));
  }
  return parts;
}

WeightState WeightSource::state() const {
  WeightState state;
  for (const auto& weight : weights_) state.push_back(weight->version());
  return state;
}

void WeightSource::let_go() {
  if (!can_change_) weights_.clear();
}

}  // namespace deepcache_gen
