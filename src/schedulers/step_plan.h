#pragma once

#include <vector>

#include "schedulers/noise_schedule.h"
#include "schedulers/scheduler_config.h"
#include "schedulers/step.h"

namespace deepcache_gen {

/// The UNet calls of `num_inference_steps` denoising steps, noisiest first: where the config's sampler and sigma
/// schedule step. Timesteps and sigmas are rounded to float32. Throws `UsageError` for an unknown name, a sigma
/// schedule that the sampler can't follow, and a number of steps outside 1..num_train_timesteps or too near its end for
/// the sampler.
std::vector<Step> plan_steps(const SchedulerConfig& config, int num_inference_steps);

/// The same from call `first_call` on, numbered from 0 again: the way of what starts in the middle (image to image). It
/// opens a solver step. Throws `std::out_of_range` where there is no such call, or, of a sampler with two calls a step,
/// where it is the second.
std::vector<Step> plan_steps(const SchedulerConfig& config, int num_inference_steps, int first_call);

/// A call at a sigma, at the timestep, mostly a fraction, that has it; for samplers that look between the levels.
Step call_at_sigma(const NoiseSchedule& training, double sigma, bool opens);

}  // namespace deepcache_gen
