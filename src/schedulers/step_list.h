#pragma once

#include <vector>

#include "schedulers/noise_schedule.h"
#include "schedulers/sampler.h"

namespace deepcache_gen {

/// One step per timestep, with the schedule's sigma there; both are rounded to float32.
std::vector<Step> steps_at_timesteps(const NoiseSchedule& schedule, const std::vector<double>& timesteps);

/// One step per sigma, with the timestep, mostly a fraction, that has it; both are rounded to float32.
std::vector<Step> steps_at_sigmas(const NoiseSchedule& schedule, const std::vector<double>& sigmas);

/// Throws `UsageError` where a timestep lies outside the schedule.
void check_timesteps(const NoiseSchedule& schedule, const std::vector<Step>& steps);

}  // namespace deepcache_gen
