#pragma once

#include <vector>

#include "schedulers/noise_schedule.h"

namespace deepcache_gen {

/// What a sigma schedule lies between.
struct SigmaRange {
  const NoiseSchedule& training;  ///< the levels that the model was trained with
  double largest, smallest;       ///< the first and the last sigma
  int count;                      ///< of sigmas, 1 or more; of one, the largest is left
  AlignedSteps aligned_steps;     ///< which of them the model has
};

// The functions that the rows of schedules.def name: `count` falling sigmas, without the 0 at the end.
using Sigmas = std::vector<double> (*)(const SigmaRange& range);

/// Evenly in sigma^(1/7) (Karras et al., arXiv 2206.00364, equation 5).
std::vector<double> karras_sigmas(const SigmaRange& range);

/// Evenly in log sigma, as k-diffusion's get_sigmas_exponential; what Lu et al. (arXiv 2206.00927, section 5.1) mean
/// with even lambdas.
std::vector<double> exponential_sigmas(const SigmaRange& range);

/// By the quantiles of a beta distribution with both parameters 0.6, dense at both ends (Lee et al., arXiv 2407.12173),
/// as diffusers has it.
std::vector<double> beta_sigmas(const SigmaRange& range);

/// Every n-th of the levels of training from the noisiest on, by truncated places: ComfyUI's `simple_scheduler`
/// (comfy/samplers.py), which AUTOMATIC1111 has too.
std::vector<double> simple_sigmas(const SigmaRange& range);

/// Those that were optimised for the model, interpolated evenly in log sigma for other numbers of steps than ten
/// (Sabour et al., arXiv 2404.14507, appendix A, and the tables published with it). Throws `UsageError` where the model
/// has none.
std::vector<double> align_your_steps_sigmas(const SigmaRange& range);

}  // namespace deepcache_gen
