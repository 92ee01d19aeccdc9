#pragma once

#include <algorithm>
#include <cmath>

namespace deepcache_gen {

/// A step between two noise levels that goes below the second and comes back to it with new noise (k-diffusion's
/// get_ancestral_step). In float, like diffusers, the pictures are the same to the last digit; where a long step's
/// `down` is wanted for itself, double keeps digits that the difference of squares would lose.
template <class Number>
struct AncestralStep {
  Number up;    ///< the standard deviation of the noise that is added
  Number down;  ///< the sigma that is stepped to

  /// `eta`: 0 adds no noise, 1 as much as DDPM (Ho et al., arXiv 2006.11239).
  AncestralStep(Number from, Number to, Number eta)
      : up(std::min(to, eta * std::sqrt(to * to * (from * from - to * to) / (from * from)))),
        down(std::sqrt(to * to - up * up)) {}
};

}  // namespace deepcache_gen
