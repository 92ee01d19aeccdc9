#include "schedulers/step_list.h"

#include <string>

#include "support/error.h"

namespace deepcache_gen {
namespace {

void append(std::vector<Step>& steps, double timestep, double sigma) {
  steps.push_back({static_cast<int>(steps.size()), static_cast<float>(timestep), static_cast<float>(sigma)});
}

}  // namespace

std::vector<Step> steps_at_timesteps(const NoiseSchedule& schedule, const std::vector<double>& timesteps) {
  std::vector<Step> steps;
  for (const double timestep : timesteps) append(steps, timestep, schedule.sigma_at(static_cast<float>(timestep)));
  return steps;
}

std::vector<Step> steps_at_sigmas(const NoiseSchedule& schedule, const std::vector<double>& sigmas) {
  std::vector<Step> steps;
  for (const double sigma : sigmas) append(steps, schedule.timestep_at(sigma), sigma);
  return steps;
}

void check_timesteps(const NoiseSchedule& schedule, const std::vector<Step>& steps) {
  for (const Step& step : steps) {
    const int timestep = static_cast<int>(step.timestep);
    if (timestep >= 0 && timestep < schedule.size()) continue;
    throw UsageError("that many steps would visit timestep " + std::to_string(timestep) + ", but the model has 0 to " +
                     std::to_string(schedule.size() - 1) + "; use fewer steps");
  }
}

}  // namespace deepcache_gen
