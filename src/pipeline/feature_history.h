#pragma once

#include <ATen/core/Tensor.h>

namespace deepcache_gen {

/// What the last full calls kept, and what a cached call takes of it.
class FeatureHistory {
 public:
  /// `feature`: what entered the up rung of skip `branch` at a full call, whose latents had the noise level `sigma`.
  void keep(at::Tensor feature, int branch, double sigma);

  /// Whether there is a feature for cached calls of that branch.
  bool serves(int branch) const { return last_.feature.defined() && branch_ == branch; }
  /// The last feature; undefined before the first.
  const at::Tensor& last() const { return last_.feature; }
  /// For a cached call at `sigma`: the last feature, moved on by `extrapolation` of its change since the one before it
  /// per change of log sigma. Where there was none before it, or a level is infinite, it is the last one itself.
  at::Tensor at(double sigma, double extrapolation) const;

 private:
  struct Kept {
    at::Tensor feature;
    double log_sigma = 0;
  };
  Kept last_, before_;
  int branch_ = 0;
};

}  // namespace deepcache_gen
