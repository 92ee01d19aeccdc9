#pragma once

#include <algorithm>
#include <cmath>

namespace deepcache_gen {

/// A step between two noise levels that goes below the second and comes back to it with new noise (k-diffusion's
/// get_ancestral_step).
struct AncestralStep {
  float down;  ///< the sigma that is stepped to
  float up;    ///< the standard deviation of the noise that is added there

  /// `eta`: 0 adds no noise, 1 as much as DDPM (Ho et al., arXiv 2006.11239).
  AncestralStep(double from, double to, double eta) {
    const double added = std::min(to, eta * to * std::sqrt((from - to) * (from + to)) / from);
    down = static_cast<float>(std::sqrt((to - added) * (to + added)));
    up = static_cast<float>(added);
  }
};

}  // namespace deepcache_gen
