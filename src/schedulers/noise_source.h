#pragma once

#include <ATen/core/Tensor.h>

namespace deepcache_gen {

/// Where samplers that add noise get it from: float32 in the latents' shape and on their device.
class NoiseSource {
 public:
  virtual ~NoiseSource() = default;

  /// Standard normal noise; a new one at every call.
  virtual at::Tensor draw() = 0;

  /// Standard normal noise for the way from one sigma to another: the increment of one Brownian path over it, divided
  /// by the root of its length. Intervals that overlap agree therefore, and the same one gives the same noise.
  /// Throws `std::invalid_argument` where the two are equal.
  virtual at::Tensor between(double sigma_from, double sigma_to) = 0;
};

}  // namespace deepcache_gen
