#include <cmath>
#include <utility>

#include "pipeline/tasks/task_table.h"
#include "support/error.h"
#include "support/number_text.h"

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

[[noreturn]] void refuse_start(const GenerationSettings& settings, const std::string& whom, const std::string& what) {
  throw UsageError("--refiner-start", "--refiner-start " + number_text("%g", settings.refiner->start) + " of " +
                                          std::to_string(settings.steps) + " steps leaves " + whom + " none; give " +
                                          what + ", or more --steps");
}

// The last pass of the task, in two.
std::vector<Pass> divided(const GenerationSettings& settings) {
  const GenerationSettings rest = unrefined(settings);
  std::vector<Pass> passes = task_of(rest).plan(rest);
  const Pass whole = std::move(passes.back());
  passes.pop_back();
  const auto part_of = [&, end = cutoff(settings)](bool refines) {
    Pass part = whole;
    part.refines = refines;
    std::erase_if(part.calls, [=](const PlannedCall& call) { return (call.timestep < end) != refines; });
    return part;
  };
  Pass base = part_of(false), refining = part_of(true);
  if (refining.calls.empty()) refuse_start(settings, "the refiner", "less");
  // Of a picture the first part of the way may be left out anyhow.
  if (base.calls.empty() && whole.start == Start::noise) refuse_start(settings, "the model", "more");
  if (!base.calls.empty()) {
    refining.start = Start::latents;
    passes.push_back(std::move(base));
  }
  passes.push_back(std::move(refining));
  return passes;
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
          .plan = divided};
}

}  // namespace deepcache_gen
