#pragma once

#include <vector>

#include "caching/cache_plan.h"
#include "pipeline/request.h"

namespace deepcache_gen {

/// One UNet call as planned.
struct PlannedStep {
  int index;        ///< from 0
  double timestep;  ///< what the UNet is told, 0..999; a fraction where the sampler works between timesteps
  double sigma;     ///< noise level sqrt((1 - alpha_bar) / alpha_bar)
  StepKind kind;
};

/// Everything that is decided before the first UNet call of a request; no weights are needed to make it.
struct GenerationPlan {
  GenerationSettings settings;
  CachePlan cache;
  std::vector<PlannedStep> steps;
};

/// Plans the request that `resolve` has checked.
GenerationPlan plan_generation(const GenerationSettings& settings);

}  // namespace deepcache_gen
