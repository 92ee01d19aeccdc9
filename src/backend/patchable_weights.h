#pragma once

#include <ATen/core/Tensor.h>

#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "backend/weight_delta.h"

namespace deepcache_gen {

/// A weight as the file has it, and what is added to it. Best a view of a mapped file, which takes no memory.
class PatchableWeight {
 public:
  explicit PatchableWeight(at::Tensor original) : original_(std::move(original)) {}

  at::IntArrayRef sizes() const { return original_.sizes(); }
  /// The numbers: those of the file in their dtype, or with what is added to them in float32, in memory of their own.
  at::Tensor read() const;
  /// Changes whenever the numbers do: who has copied them compares it.
  unsigned version() const { return version_; }
  /// `delta` must fit (`require_fitting`).
  void add(WeightDelta delta);
  void take_back_all();

 private:
  at::Tensor original_;
  std::vector<WeightDelta> deltas_;
  unsigned version_ = 0;
};

/// The weights of a module that can be patched, by name. One that hangs in several places has several names.
class PatchableWeights {
 public:
  /// The weight of that name, which is `original` where there was none.
  std::shared_ptr<PatchableWeight> add(const std::string& name, const at::Tensor& original);
  /// Gives a weight one more name.
  void add(const std::string& name, std::shared_ptr<PatchableWeight> weight);
  void remove(const std::string& name) { weights_.erase(name); }

  /// See `Module::patch` and `Module::patchable_weights`.
  std::vector<std::string> patch(std::span<const NamedDelta> deltas);
  WeightSizes sizes() const;

 private:
  std::map<std::string, std::shared_ptr<PatchableWeight>, std::less<>> weights_;
};

}  // namespace deepcache_gen
