#include "pipeline/generation_plan.h"

#include "caching/cache_policy.h"
#include "schedulers/step_plan.h"

namespace deepcache_gen {

GenerationPlan plan_generation(const GenerationSettings& settings) {
  const std::vector<Step> steps = plan_steps(settings.scheduler, settings.steps);
  const int calls = static_cast<int>(steps.size());
  GenerationPlan plan{settings, plan_uniform_caching(calls, settings.interval, settings.branch), {}};
  for (const Step& step : steps) {
    const StepKind kind = plan.cache.steps[static_cast<std::size_t>(step.index)];
    plan.steps.push_back({step.index, step.timestep, step.sigma, kind});
  }
  return plan;
}

}  // namespace deepcache_gen
