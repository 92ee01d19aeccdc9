#include <algorithm>
#include <cmath>

#include "pipeline/tasks/task_table.h"

namespace deepcache_gen {
namespace {

// The task that is left to the model itself.
GenerationSettings unrefined(GenerationSettings settings) {
  settings.refiner.reset();
  return settings;
}

// What the refiner's timesteps are below (diffusers' `denoising_end` and `denoising_start`).
double cutoff(const GenerationSettings& settings) {
  const double all = settings.scheduler.num_train_timesteps;
  return std::nearbyint(all - settings.refiner->start * all);
}

}  // namespace

// A task whose last timesteps are the refiner's, which goes on with the latents as they are.
PictureTask refined() {
  return {.name = "refined",
          .is_asked_for = [](const GenerationSettings& settings) { return settings.refiner.has_value(); },
          .reads =
              [](const GenerationSettings& settings, const ModelInfo& model) {
                const GenerationSettings rest = unrefined(settings);
                return task_of(rest).reads(rest, model);
              },
          .plan =
              [](const GenerationSettings& settings) {
                const GenerationSettings rest = unrefined(settings);
                std::vector<Pass> passes = task_of(rest).plan(rest);
                Pass& base = passes.back();
                const auto is_left = [end = cutoff(settings)](const PlannedCall& call) { return call.timestep < end; };
                const auto first = std::find_if(base.calls.begin(), base.calls.end(), is_left);
                if (first == base.calls.end()) return passes;
                Pass refining = base;
                refining.refines = true;
                refining.start = first == base.calls.begin() ? base.start : Start::latents;
                refining.calls = plan_calls(settings, base.steps,
                                            [index = first->index](const Step& step) { return step.index >= index; });
                base.calls.erase(first, base.calls.end());
                if (base.calls.empty()) passes.pop_back();
                passes.push_back(std::move(refining));
                return passes;
              }};
}

}  // namespace deepcache_gen
