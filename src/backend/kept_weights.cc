#include "backend/kept_weights.h"

#include <algorithm>
#include <utility>

namespace deepcache_gen {
namespace {

std::int64_t bytes_of(const at::Tensor& numbers) {
  return numbers.numel() * static_cast<std::int64_t>(numbers.element_size());
}

}  // namespace

void KeptWeights::limit(std::int64_t bytes) {
  limit_ = bytes;
  while (bytes_ > limit_) let_go_of_the_oldest();
}

void KeptWeights::follow() const {
  for (const auto& [owner, kept] : owners_) owner->follow();
}

void KeptWeights::add(const FollowingWeight* owner, Kept kept) {
  if (bytes_of(kept.numbers) > limit_) return;
  kept.time = time_++;
  bytes_ += bytes_of(kept.numbers);
  owners_[owner].push_back(std::move(kept));
  while (bytes_ > limit_) let_go_of_the_oldest();
}

at::Tensor KeptWeights::take(const FollowingWeight* owner, const WeightState& state, const std::string& layout) {
  KeptOfOne& kept = owners_[owner];
  const auto found = std::find_if(kept.begin(), kept.end(),
                                  [&](const Kept& each) { return each.state == state && each.layout == layout; });
  if (found == kept.end()) return {};
  at::Tensor numbers = std::move(found->numbers);
  bytes_ -= bytes_of(numbers);
  kept.erase(found);
  return numbers;
}

void KeptWeights::remove(const FollowingWeight* owner) {
  const auto found = owners_.find(owner);
  for (const Kept& kept : found->second) bytes_ -= bytes_of(kept.numbers);
  owners_.erase(found);
}

void KeptWeights::let_go_of_the_oldest() {
  KeptOfOne* oldest = nullptr;
  for (auto& [owner, kept] : owners_) {
    if (!kept.empty() && (oldest == nullptr || kept.front().time < oldest->front().time)) oldest = &kept;
  }
  if (oldest == nullptr) return;
  bytes_ -= bytes_of(oldest->front().numbers);
  oldest->pop_front();
}

FollowingWeight::FollowingWeight(std::shared_ptr<KeptWeights> kept) : kept_(std::move(kept)) { kept_->owners_[this]; }

FollowingWeight::~FollowingWeight() { kept_->remove(this); }

void FollowingWeight::keep(const WeightState& state, at::Tensor numbers, const std::string& layout) const {
  const bool is_of_file = std::all_of(state.begin(), state.end(), [](unsigned version) { return version == 0; });
  if (is_of_file && !std::exchange(was_patched_, true)) return;
  kept_->add(this, {state, layout, std::move(numbers), 0});
}

at::Tensor FollowingWeight::take_kept(const WeightState& state, const std::string& layout) const {
  return kept_->take(this, state, layout);
}

}  // namespace deepcache_gen
