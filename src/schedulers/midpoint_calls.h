#pragma once

#include <vector>

#include "schedulers/noise_levels.h"

namespace deepcache_gen {

/// The calls of solvers that look halfway, in log sigma, between a level and the one they step to: that of an ancestral
/// step with `eta`. A step to no noise at all has one call. `end`: the sigma that the way ends at.
std::vector<Step> calls_with_midpoints(const std::vector<Step>& levels, const LevelsContext& context, double end,
                                       double eta);

}  // namespace deepcache_gen
