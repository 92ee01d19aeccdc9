#include "pipeline/generation_plan.h"

#include "caching/cache_policy.h"
#include "schedulers/sampler.h"

namespace deepcache_gen {

GenerationPlan plan_generation(const GenerationSettings& settings) {
  const std::unique_ptr<Sampler> sampler = make_sampler(settings.scheduler, settings.steps);
  const int calls = static_cast<int>(sampler->steps().size());
  GenerationPlan plan{settings, plan_uniform_caching(calls, settings.interval, settings.branch), {}};
  for (const Step& step : sampler->steps()) {
    const StepKind kind = plan.cache.steps[static_cast<std::size_t>(step.index)];
    plan.steps.push_back({step.index, step.timestep, step.sigma, kind});
  }
  return plan;
}

}  // namespace deepcache_gen
