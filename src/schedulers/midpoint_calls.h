#pragma once

#include <vector>

#include "schedulers/noise_levels.h"

namespace deepcache_gen {

/// The calls of solvers that look halfway, in log sigma, between a level and the one they step to: that of an ancestral
/// step with `eta`. The last step, at whose end no noise is left, has one call.
std::vector<Step> calls_with_midpoints(const std::vector<Step>& levels, const LevelsContext& context, float eta);

}  // namespace deepcache_gen
