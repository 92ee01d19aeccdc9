#include "caching/cache_policy.h"

namespace deepcache_gen {

CachePlan plan_uniform_caching(int calls, int interval, int branch) {
  CachePlan plan{branch, {}};
  for (int call = 0; call < calls; ++call) {
    plan.steps.push_back(call % interval == 0 ? StepKind::full : StepKind::cached);
  }
  return plan;
}

}  // namespace deepcache_gen
