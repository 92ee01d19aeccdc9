#include "backend/cpu/weight_source.h"

#include <ATen/ops/empty.h>

#include <utility>

namespace deepcache_gen {

at::Tensor outline_of(at::IntArrayRef sizes, c10::ScalarType dtype) { return at::empty({}, dtype).expand(sizes); }

WeightSource::WeightSource(at::Tensor weight)
    : can_change_(false), outline_(outline_of(weight.sizes(), weight.scalar_type())) {
  weights_.push_back(std::make_shared<const PatchableWeight>(std::move(weight)));
}

WeightSource::WeightSource(std::vector<std::shared_ptr<const PatchableWeight>> weights, at::Tensor outline)
    : weights_(std::move(weights)), can_change_(true), outline_(std::move(outline)) {}

WeightSource WeightSource::reshaped(std::vector<std::int64_t> sizes) const {
  WeightSource result = *this;
  result.outline_ = outline_of(sizes, outline_.scalar_type());
  return result;
}

at::Tensor WeightSource::read(WeightConversion& conversion) const {
  std::vector<at::Tensor> parts;
  for (const auto& weight : weights_) {
    std::vector<std::int64_t> sizes = outline_.sizes().vec();
    if (!sizes.empty()) sizes[0] = weight->sizes()[0];
    parts.push_back(weight->read().reshape(sizes));
  }
  return conversion.convert(parts);
}

unsigned WeightSource::version() const {
  unsigned sum = 0;
  for (const auto& weight : weights_) sum += weight->version();
  return sum;
}

void WeightSource::let_go() {
  if (!can_change_) weights_.clear();
}

}  // namespace deepcache_gen
