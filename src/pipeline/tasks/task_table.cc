#include "pipeline/tasks/task_table.h"

#include <algorithm>
#include <array>

#include "schedulers/sampler.h"

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

std::vector<PlannedCall> plan_calls(const GenerationSettings& settings) {
  const std::unique_ptr<Sampler> sampler = make_sampler(settings.scheduler, settings.steps);
  const std::unique_ptr<CachePolicy> policy = make_policy(settings.cache);
  const int count = static_cast<int>(sampler->steps().size());
  std::vector<PlannedCall> calls;
  for (const Step& step : sampler->steps()) {
    calls.push_back({step.index, step.timestep, step.sigma, policy->choose({step.index, count})});
  }
  return calls;
}

GenerationPlan plan_generation(const GenerationSettings& settings) {
  const PictureTask& task = task_of(settings);
  return {settings, task.plan(settings), task.parts};
}

}  // namespace deepcache_gen
