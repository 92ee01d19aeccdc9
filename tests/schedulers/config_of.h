#pragma once

#include <string>

#include "schedulers/scheduler_config.h"

namespace deepcache_gen {

/// The configuration of Stable Diffusion 1 with another sampler.
inline SchedulerConfig config_of(const std::string& sampler, const std::string& sigma_schedule = "discrete") {
  SchedulerConfig config;
  config.sampler = sampler;
  config.sigma_schedule = sigma_schedule;
  config.aligned_steps = AlignedSteps::stable_diffusion_1;
  return config;
}

}  // namespace deepcache_gen
