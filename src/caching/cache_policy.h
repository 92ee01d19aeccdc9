#pragma once

#include "caching/cache_plan.h"

namespace deepcache_gen {

/// The uniform policy of DeepCache (Ma et al., arXiv 2312.00858, section 3.2): UNet call i is full when i % interval ==
/// 0. Decided by a counter, never by the timestep, since some samplers repeat timesteps. An interval of 1 makes every
/// step full. `calls` >= 0, `interval` >= 1, `branch` >= 0; the caller has checked them against the model.
CachePlan plan_uniform_caching(int calls, int interval, int branch);

}  // namespace deepcache_gen
