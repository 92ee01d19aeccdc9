#pragma once

#include <cstdint>
#include <memory>

#include "pipeline/generation_plan.h"

namespace deepcache_gen {

/// One image to make.
struct ImageJob {
  std::shared_ptr<const GenerationPlan> plan;
  int index = 0;  ///< 0..image_count - 1 of the plan

  std::int64_t seed() const { return plan->settings.seed + index; }
};

}  // namespace deepcache_gen
