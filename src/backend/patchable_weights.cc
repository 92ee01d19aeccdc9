#include "backend/patchable_weights.h"

#include <ATen/ops/from_blob.h>
#include <sys/mman.h>

#include <algorithm>
#include <functional>
#include <new>
#include <span>
#include <string_view>
#include <utility>

namespace deepcache_gen {
namespace {

// More sets of LoRA than anybody goes back and forth between.
constexpr std::size_t kMostVersions = 32;

// Of pointers into different blocks std::less alone may ask which comes first.
bool lies_in(const std::byte* first, std::span<const std::byte> bytes) {
  const std::less<> less;
  return first != nullptr && !less(first, bytes.data()) && less(first, bytes.data() + bytes.size());
}

}  // namespace

PatchableWeight::PatchableWeight(at::Tensor original, std::shared_ptr<const MappedFile> file)
    : dtype_(original.scalar_type()), sizes_(original.sizes()), strides_(original.strides()) {
  const auto* first = static_cast<const std::byte*>(original.const_data_ptr());
  if (file && lies_in(first, file->bytes())) {
    file_ = std::move(file);
    first_ = first;
  } else {
    original_ = std::move(original);
  }
}

at::Tensor PatchableWeight::original() const {
  if (!file_) return original_;
  // from_blob takes memory that may be written to; nothing writes to a weight.
  return at::from_blob(
      const_cast<std::byte*>(first_), sizes_, strides_, [file = file_](void*) {}, at::dtype(dtype_));
}

at::Tensor PatchableWeight::read() const {
  if (deltas_.empty()) return original();
  const at::Tensor sum = original().to(at::kFloat, false, /*copy=*/true, c10::MemoryFormat::Contiguous);
  for (const WeightDelta& delta : deltas_) add_delta(sum, delta);
  return sum;
}

void PatchableWeight::add(WeightDelta delta) {
  deltas_.push_back(std::move(delta));
  version_.reset();
}

void PatchableWeight::take_back_all() {
  deltas_.clear();
  version_ = 0;
}

unsigned PatchableWeight::find_version() const {
  const auto is_of = [&](const auto& known) {
    return std::equal(known.first.begin(), known.first.end(), deltas_.begin(), deltas_.end(),
                      [](const DeltaIdentity& identity, const WeightDelta& delta) { return identity.is_of(delta); });
  };
  const auto found = std::find_if(versions_.begin(), versions_.end(), is_of);
  if (found != versions_.end()) {
    versions_.splice(versions_.end(), versions_, found);
  } else {
    versions_.emplace_back(std::vector<DeltaIdentity>(deltas_.begin(), deltas_.end()), ++last_version_);
    if (versions_.size() > kMostVersions) versions_.pop_front();
  }
  version_ = versions_.back().second;
  return *version_;
}

void* PatchableWeights::Pages::do_allocate(std::size_t bytes, std::size_t) {
  void* const pages = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) throw std::bad_alloc();
  return pages;
}

void PatchableWeights::Pages::do_deallocate(void* first, std::size_t bytes, std::size_t) { ::munmap(first, bytes); }

std::shared_ptr<PatchableWeight> PatchableWeights::add(const std::string& name, const at::Tensor& original,
                                                       const std::shared_ptr<const MappedFile>& file) {
  const auto [entry, is_new] = weights_.try_emplace(std::pmr::string(name));
  if (is_new) entry->second = {blocks_, &blocks_->weights.emplace_back(original, file)};
  return entry->second;
}

void PatchableWeights::add(const std::string& name, std::shared_ptr<PatchableWeight> weight) {
  weights_[std::pmr::string(name)] = std::move(weight);
}

void PatchableWeights::remove(const std::string& name) {
  const auto found = weights_.find(std::string_view(name));
  if (found != weights_.end()) weights_.erase(found);
}

std::vector<std::string> PatchableWeights::patch(std::span<const NamedDelta> deltas) {
  std::vector<std::string> unknown;
  std::vector<std::pair<PatchableWeight*, const NamedDelta*>> found;
  for (const NamedDelta& named : deltas) {
    const auto weight = weights_.find(std::string_view(named.name));
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
  for (const auto& [name, weight] : weights_) sizes[std::string(name)] = weight->sizes().vec();
  return sizes;
}

}  // namespace deepcache_gen
