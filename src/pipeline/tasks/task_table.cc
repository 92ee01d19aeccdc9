#include "pipeline/tasks/task_table.h"

#include <algorithm>
#include <array>

#include "schedulers/step_plan.h"

namespace deepcache_gen {

// The rows, each in the file of its name.
PictureTask text_to_image();

std::span<const PictureTask> task_table() {
  static const std::array tasks{
      text_to_image(),
  };
  return tasks;
}

const PictureTask& task_of(const GenerationSettings& settings) {
  const std::span<const PictureTask> tasks = task_table();
  return *std::find_if(tasks.begin(), tasks.end(),
                       [&](const PictureTask& task) { return task.is_asked_for(settings); });
}

std::shared_ptr<const ModelIdentity> ModelIdentities::of(const PictureTask& task) {
  std::shared_ptr<const ModelIdentity>& identity = by_task_[task.name];
  if (!identity) identity = std::make_shared<const ModelIdentity>(identity_of(model_, task.reads(model_)));
  return identity;
}

std::vector<PlannedCall> plan_calls(const GenerationSettings& settings) {
  const std::vector<Step> steps = plan_steps(settings.scheduler, settings.steps);
  const std::unique_ptr<CachePolicy> policy = make_policy(settings.cache);
  const int count = static_cast<int>(steps.size());
  std::vector<PlannedCall> calls;
  for (const Step& step : steps) {
    calls.push_back({step.index, step.timestep, step.sigma, policy->choose({step.index, count})});
  }
  return calls;
}

GenerationPlan plan_generation(const GenerationSettings& settings) {
  return {settings, task_of(settings).plan(settings)};
}

}  // namespace deepcache_gen
