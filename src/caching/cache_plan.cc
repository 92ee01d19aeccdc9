#include "caching/cache_plan.h"

#include <algorithm>

namespace deepcache_gen {

int CachePlan::count(StepKind kind) const { return static_cast<int>(std::count(steps.begin(), steps.end(), kind)); }

}  // namespace deepcache_gen
