#pragma once

#include <ATen/core/Tensor.h>

namespace deepcache_gen {

/// What the last full calls kept of one thing, such as the deep feature, and what a cached call takes of it.
class TensorHistory {
 public:
  /// `tensor`: of a full call whose latents had the noise level `sigma`.
  void keep(at::Tensor tensor, double sigma);
  void clear() { last_ = before_ = {}; }

  /// What was kept last; undefined before the first.
  const at::Tensor& last() const { return last_.tensor; }
  /// For a cached call at `sigma`: what was kept last, moved on by `extrapolation` of its change since the one before
  /// it per change of log sigma. Where there was none before it, or a level is infinite, it is the last one itself.
  at::Tensor at(double sigma, double extrapolation) const;

 private:
  struct Kept {
    at::Tensor tensor;
    double log_sigma = 0;
  };
  Kept last_, before_;
};

}  // namespace deepcache_gen
