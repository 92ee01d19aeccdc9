#pragma once

#include <string>

#include "schedulers/scheduler_config.h"

namespace deepcache_gen {

/// The configuration of Stable Diffusion with another sampler.
inline SchedulerConfig config_of(const std::string& sampler, const std::string& sigma_schedule = "discrete") {
  SchedulerConfig config;
  config.sampler = sampler;
  config.sigma_schedule = sigma_schedule;
  return config;
}

}  // namespace deepcache_gen
