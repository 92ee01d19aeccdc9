#pragma once

namespace deepcache_gen {

/// A team of one. What a block of threads does together is written for a team:
/// `rank` of a thread below `size`, `wait` until all came there, and `stripe_sum`, the sum over the `kStripe` threads
/// that the thread is one of, which gives all of them the same; `size` is a multiple of it.
class LoneThread {
 public:
  static constexpr int kStripe = 1;
  int rank() const { return 0; }
  int size() const { return 1; }
  void wait() const {}
  float stripe_sum(float number) const { return number; }
};

}  // namespace deepcache_gen
