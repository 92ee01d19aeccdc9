#pragma once

#include <vector>

#include "schedulers/noise_schedule.h"
#include "schedulers/sampler_rows.h"
#include "schedulers/scheduler_config.h"
#include "schedulers/step.h"

namespace deepcache_gen {

/// The config's, else the row's, else none.
inline double resolved_eta(const SamplerRow& row, const SchedulerConfig& config) {
  return config.eta.value_or(row.noise.eta.value_or(0));
}

/// What the noise levels of the solver's steps are made of.
struct LevelsContext {
  const SamplerRow& row;
  const ScheduleRow& schedule;
  const SchedulerConfig& config;
  const NoiseSchedule& training;

  double eta() const { return resolved_eta(row, config); }
};

/// One call at the level of every step, noisiest first: the config's own sigmas or timesteps, else those of the
/// schedule. Nothing is checked here. Throws `UsageError` where the schedule has none for the model.
std::vector<Step> noise_levels(const LevelsContext& context, int count);

/// The sigma that the way ends at; `last_sigma`: of the last call.
double final_sigma(const LevelsContext& context, double last_sigma);

/// A call at a sigma, at the timestep, mostly a fraction, that has it; for samplers that look between the levels.
Step call_at_sigma(const NoiseSchedule& training, double sigma, bool opens);

}  // namespace deepcache_gen
