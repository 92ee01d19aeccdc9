#pragma once

#include <vector>

#include "schedulers/noise_schedule.h"

namespace deepcache_gen {

/// What a sigma schedule lies between.
struct SigmaRange {
  const NoiseSchedule& training;  ///< the levels that the model was trained with
  double largest, smallest;       ///< the first and the last sigma
  int count;                      ///< of sigmas, 1 or more; of one, the largest is left
};

// The functions that the rows of schedules.def name: `count` falling sigmas, without the 0 at the end.
using Sigmas = std::vector<double> (*)(const SigmaRange& range);

/// Evenly in sigma^(1/7) (Karras et al., arXiv 2206.00364, equation 5).
std::vector<double> karras_sigmas(const SigmaRange& range);

/// Evenly in log sigma, as k-diffusion's get_sigmas_exponential.
std::vector<double> exponential_sigmas(const SigmaRange& range);

}  // namespace deepcache_gen
