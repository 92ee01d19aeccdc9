#pragma once

#include <vector>

#include "schedulers/scheduler_config.h"

namespace deepcache_gen {

/// `count` timesteps from the noisiest down, spread over training by the config's spacing and steps_offset (Lin et al.,
/// arXiv 2305.08891, table 2). Linspace gives fractions, the others whole numbers. 1 <= count <= num_train_timesteps
/// + 1.
std::vector<double> spaced_timesteps(const SchedulerConfig& config, int count);

/// The same for samplers that only know the timesteps of training: rounded, ties to even.
std::vector<double> whole_timesteps(const SchedulerConfig& config, int count);

}  // namespace deepcache_gen
