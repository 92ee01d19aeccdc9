#include "schedulers/timestep_spacing.h"

#include <cmath>

namespace deepcache_gen {
namespace {

double leading(const SchedulerConfig& config, int count, int i) {
  return static_cast<double>(count - 1 - i) * (config.num_train_timesteps / count) + config.steps_offset;
}

double trailing(const SchedulerConfig& config, int count, int i) {
  // As numpy.arange computes it: which way a tie falls hangs on the last bit. (arange itself sometimes yields one value
  // too many, from which diffusers makes a timestep -1; here there are always `count`.)
  const double start = config.num_train_timesteps;
  const double delta = (start - start / count) - start;
  return std::nearbyint(start + i * delta) - 1;
}

double linspace(const SchedulerConfig& config, int count, int i) {
  const double last = config.num_train_timesteps - 1;
  if (count == 1) return 0;
  return i == 0 ? last : (count - 1 - i) * (last / (count - 1));
}

}  // namespace

std::vector<double> spaced_timesteps(const SchedulerConfig& config, int count) {
  const auto at = config.timestep_spacing == TimestepSpacing::leading    ? leading
                  : config.timestep_spacing == TimestepSpacing::trailing ? trailing
                                                                         : linspace;
  std::vector<double> timesteps;
  for (int i = 0; i < count; ++i) timesteps.push_back(at(config, count, i));
  return timesteps;
}

std::vector<double> whole_timesteps(const SchedulerConfig& config, int count) {
  std::vector<double> timesteps = spaced_timesteps(config, count);
  for (double& timestep : timesteps) timestep = std::nearbyint(timestep);
  return timesteps;
}

}  // namespace deepcache_gen
