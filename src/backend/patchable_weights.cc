#include "backend/patchable_weights.h"

#include <utility>

namespace deepcache_gen {

at::Tensor PatchableWeight::read() const {
  if (deltas_.empty()) return original_;
  const at::Tensor sum = original_.to(at::kFloat, false, /*copy=*/true);
  for (const WeightDelta& delta : deltas_) add_delta(sum, delta);
  return sum;
}

void PatchableWeight::add(WeightDelta delta) {
  deltas_.push_back(std::move(delta));
  ++version_;
}

void PatchableWeight::take_back_all() {
  if (deltas_.empty()) return;
  deltas_.clear();
  ++version_;
}

std::shared_ptr<PatchableWeight> PatchableWeights::add(const std::string& name, const at::Tensor& original) {
  const auto [entry, is_new] = weights_.try_emplace(name);
  if (is_new) entry->second = std::make_shared<PatchableWeight>(original);
  return entry->second;
}

void PatchableWeights::add(const std::string& name, std::shared_ptr<PatchableWeight> weight) {
  weights_[name] = std::move(weight);
}

std::vector<std::string> PatchableWeights::patch(std::span<const NamedDelta> deltas) {
  std::vector<std::string> unknown;
  std::vector<std::pair<PatchableWeight*, const NamedDelta*>> found;
  for (const NamedDelta& named : deltas) {
    const auto weight = weights_.find(named.name);
    if (weight == weights_.end()) {
      unknown.push_back(named.name);
      continue;
    }
    require_fitting(named, weight->second->sizes());
    found.emplace_back(weight->second.get(), &named);
  }
  // All of them or, where one did not fit, none.
  for (const auto& [weight, named] : found) named->delta ? weight->add(*named->delta) : weight->take_back_all();
  return unknown;
}

WeightSizes PatchableWeights::sizes() const {
  WeightSizes sizes;
  for (const auto& [name, weight] : weights_) sizes[name] = weight->sizes().vec();
  return sizes;
}

}  // namespace deepcache_gen
