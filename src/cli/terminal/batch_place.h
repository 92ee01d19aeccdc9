#pragma once

#include <optional>

#include "pipeline/generation_plan.h"

namespace deepcache_gen {

/// Where a batch stands in its run.
struct BatchPlace {
  const GenerationPlan* plan;  ///< of its first image
  int first;                   ///< images of the run before it
  int images;                  ///< in it
  std::optional<int> total;    ///< images of the run; unset where they are not known, as from a stream
};

}  // namespace deepcache_gen
