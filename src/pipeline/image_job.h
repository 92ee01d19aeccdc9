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

/// True where images of both plans can come out of the same UNet calls: they agree in size, steps, sampler, caching and
/// in whether they are guided. Both plans are for the same model.
bool can_share_batch(const GenerationPlan& a, const GenerationPlan& b);

}  // namespace deepcache_gen
