#pragma once

#include <string>
#include <vector>

#include "caching/cache_policy.h"
#include "caching/cache_spec.h"
#include "pipeline/request.h"

namespace deepcache_gen {

/// One UNet call as planned.
struct PlannedCall {
  int index;        ///< among those of the sampler for all the steps asked for, from 0
  double timestep;  ///< what the UNet is told, 0..999; a fraction where the sampler works between timesteps
  double sigma;     ///< noise level sqrt((1 - alpha_bar) / alpha_bar)
  Choice choice{};
};

/// What a pass begins with.
enum class Start {
  noise,     ///< standard normal noise, scaled for the sampler's first call
  picture,   ///< the init picture with noise
  enlarged,  ///< what the pass before ended with, in this one's size, with noise of the image's seed drawn anew
  latents,   ///< what the pass before ended with, which is as noisy as its first call expects
};

/// One loop of one UNet.
struct Pass {
  bool refines = false;       ///< it is the refiner's UNet that runs
  int width = 0, height = 0;  ///< pixels
  int steps = 0;              ///< denoising steps of the whole way of which its calls are
  Start start = Start::noise;
  int way = 0;                     ///< UNet calls of that whole way
  std::vector<PlannedCall> calls;  ///< of the settings' sampler: all, or those from one to another
};

/// Everything that is decided before the first UNet call of a request; no weights are needed to make it.
struct GenerationPlan {
  GenerationSettings settings;
  std::vector<Pass> passes;

  /// UNet calls of all passes.
  int calls() const;
  /// The number of the pass that has the call of that number among those of all passes.
  std::size_t pass_of(int number) const;
  /// The call of that number among those of all passes.
  const PlannedCall& call(int number) const;
  /// Calls of that kind in all passes.
  int count(StepKind kind) const;
  /// The full calls of each pass, counted within it.
  PlacedCalls full_calls() const;
  /// How many halves of the guidance a call runs the UNet for: 2 without and with the prompt, 1 for one of them, 0
  /// where it does not run.
  int halves(const Choice& choice) const;
};

/// Plans the request that `resolve` has checked: its task decides the passes (pipeline/tasks/task_table.h), its
/// cache policy what each call is to do. Throws `UsageError` where steps or policy can't be had.
GenerationPlan plan_generation(const GenerationSettings& settings);

}  // namespace deepcache_gen
