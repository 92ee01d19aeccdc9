#include "schedulers/midpoint_calls.h"

#include <cmath>

#include "schedulers/ancestral_step.h"

namespace deepcache_gen {

std::vector<Step> calls_with_midpoints(const std::vector<Step>& levels, const LevelsContext& context, float eta) {
  std::vector<Step> calls;
  for (std::size_t i = 0; i < levels.size(); ++i) {
    calls.push_back(levels[i]);
    if (i + 1 == levels.size()) break;
    const double from = levels[i].sigma, to = AncestralStep<double>(from, levels[i + 1].sigma, eta).down;
    calls.push_back(call_at_sigma(context.training, std::sqrt(from * to), false));
  }
  return calls;
}

}  // namespace deepcache_gen
