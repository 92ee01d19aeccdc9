#include "schedulers/midpoint_calls.h"

#include <cmath>

#include "schedulers/ancestral_step.h"

namespace deepcache_gen {

std::vector<Step> calls_with_midpoints(const std::vector<Step>& levels, const LevelsContext& context, double end,
                                       double eta) {
  std::vector<Step> calls;
  for (std::size_t i = 0; i < levels.size(); ++i) {
    calls.push_back(levels[i]);
    const double from = levels[i].sigma, to = i + 1 < levels.size() ? levels[i + 1].sigma : end;
    if (to == 0) break;
    calls.push_back(call_at_sigma(context.training, std::sqrt(from * AncestralStep(from, to, eta).down), false));
  }
  return calls;
}

}  // namespace deepcache_gen
