#pragma once

#include <vector>

namespace deepcache_gen {

/// A full step runs the whole UNet and keeps the deep feature; a cached step runs the outermost rungs and reuses it.
enum class StepKind { full, cached };

/// Which UNet calls of one image are full, decided before the first of them.
struct CachePlan {
  int branch = 0;  ///< down rungs 1..branch run on a cached step; the feature enters the up rung of skip `branch`
  std::vector<StepKind> steps;  ///< one per UNet call

  int count(StepKind kind) const;
};

}  // namespace deepcache_gen
