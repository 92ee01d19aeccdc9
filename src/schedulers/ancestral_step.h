#pragma once

#include <cmath>

namespace deepcache_gen {

/// A step between two noise levels that goes below the second and comes back to it with new noise (k-diffusion's
/// get_ancestral_step, written so that long steps lose no digits).
struct AncestralStep {
  double up;    ///< the standard deviation of the noise that is added
  double down;  ///< the sigma that is stepped to

  /// `eta`: 0 adds no noise, 1 as much as DDPM (Ho et al., arXiv 2006.11239).
  AncestralStep(double from, double to, double eta) {
    const double ratio = to / from;
    up = eta * to * std::sqrt((1 - ratio) * (1 + ratio));
    down = to * std::sqrt((1 - eta) * (1 + eta) + eta * eta * ratio * ratio);
  }
};

}  // namespace deepcache_gen
