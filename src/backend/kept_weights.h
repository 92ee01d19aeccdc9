#pragma once

#include <ATen/core/Tensor.h>
#include <c10/util/SmallVector.h>

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <string>

namespace deepcache_gen {

/// Which numbers a weight has, or each of the parts that it is packed from: equal states of one weight are equal
/// numbers (`PatchableWeight::version`).
using WeightState = c10::SmallVector<unsigned, 4>;

class FollowingWeight;

/// What the modules of one model share that follow patched weights: who they are, and what they packed of numbers that
/// their weights had before, for these to come back. The modules may be of several archives. For one thread at a time.
class KeptWeights {
 public:
  /// How much may be kept; what is over that is let go, what was used longest ago first. Nothing until this is called.
  void limit(std::int64_t bytes);
  std::int64_t bytes() const { return bytes_; }
  /// Packs anew, or finds again, what was patched since it was packed: else the first run does. Throws what packing
  /// throws; the next call or run tries again.
  void follow() const;

 private:
  friend class FollowingWeight;
  struct Kept {
    WeightState state;
    std::string layout;
    at::Tensor numbers;
    std::uint64_t time;  // when it was put here
  };
  using KeptOfOne = std::list<Kept>;  // the oldest first

  void add(const FollowingWeight* owner, Kept kept);
  at::Tensor take(const FollowingWeight* owner, const WeightState& state, const std::string& layout);
  void remove(const FollowingWeight* owner);
  void let_go_of_the_oldest();

  std::map<const FollowingWeight*, KeptOfOne> owners_;
  std::int64_t limit_ = 0, bytes_ = 0;
  std::uint64_t time_ = 0;
};

/// Something that is made of weights and follows them when they are patched.
class FollowingWeight {
 public:
  explicit FollowingWeight(std::shared_ptr<KeptWeights> kept);
  FollowingWeight(const FollowingWeight&) = delete;
  FollowingWeight& operator=(const FollowingWeight&) = delete;
  virtual ~FollowingWeight();

  /// Makes it anew of the weights that were patched, if it was made before.
  virtual void follow() const = 0;

 protected:
  /// Hands over what was made of the weights in that state, in that layout where there are several. What was made of
  /// the file's numbers is let go the first time: to make it again takes less time than new memory does, and a run may
  /// well need it no more.
  void keep(const WeightState& state, at::Tensor numbers, const std::string& layout = "") const;
  /// Whether anything that was handed over so is there yet.
  bool keeps_any() const { return !kept_->owners_.at(this).empty(); }
  /// What was handed over so and is there yet; else an undefined tensor.
  at::Tensor take_kept(const WeightState& state, const std::string& layout = "") const;

 private:
  std::shared_ptr<KeptWeights> kept_;
  mutable bool was_patched_ = false;
};

}  // namespace deepcache_gen
