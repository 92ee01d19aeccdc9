#pragma once

#include <vector>

#include "schedulers/noise_schedule.h"
#include "schedulers/scheduler_config.h"
#include "schedulers/step.h"

namespace deepcache_gen {

/// The UNet calls of `num_inference_steps` denoising steps, noisiest first: where the config's sampler and sigma
/// schedule step, or at the config's own sigmas or timesteps, which are as many. Timesteps and sigmas are rounded to
/// float32. Throws `UsageError` for an unknown name, a sigma schedule, sigmas or timesteps that the sampler can't
/// follow, and a number of steps outside 1..num_train_timesteps or too near its end for the sampler.
std::vector<Step> plan_steps(const SchedulerConfig& config, int num_inference_steps);

/// The same from call `first_call` on, numbered from 0 again: the way of what starts in the middle (image to image). It
/// opens a solver step. `training`: of the config. Throws `std::out_of_range` where there is no such call, or, of a
/// sampler with two calls a step, where it is the second.
std::vector<Step> plan_steps(const SchedulerConfig& config, const NoiseSchedule& training, int num_inference_steps,
                             int first_call);

}  // namespace deepcache_gen
