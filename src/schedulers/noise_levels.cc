#include "schedulers/noise_levels.h"

#include <algorithm>
#include <cmath>

#include "schedulers/schedules.h"
#include "schedulers/timestep_spacing.h"

namespace deepcache_gen {
namespace {

Sigmas sigmas_of(const ScheduleRow& schedule) {
#define SCHEDULE(row_name, infotext, diffusers_switch, timesteps, sigmas, what) \
  if (schedule.name == row_name) return sigmas;
#include "schedulers/schedules.def"
  return nullptr;
}

Step rounded_call(double timestep, double sigma) {
  return {0, static_cast<float>(timestep), static_cast<float>(sigma)};
}

// The timesteps of a distillation for `original_inference_steps` (Luo et al., arXiv 2310.04378, section 4.3), as many
// as are asked for, evenly by their place.
std::vector<double> distilled_timesteps(const SchedulerConfig& config, int count) {
  const int all = config.original_inference_steps;
  const int stride = config.num_train_timesteps / all;
  const double part = static_cast<double>(all) / count;  // as numpy.linspace has it, to the last bit
  std::vector<double> timesteps;
  for (int i = 0; i < count; ++i) timesteps.push_back((all - static_cast<int>(i * part)) * stride - 1);
  return timesteps;
}

// Unlike the other classes, leading and linspace here count the end of the last step among the timesteps.
std::vector<double> timesteps_before_the_end(const SchedulerConfig& config, int count) {
  if (config.timestep_spacing == TimestepSpacing::trailing) return whole_timesteps(config, count);
  std::vector<double> timesteps = whole_timesteps(config, count + 1);
  timesteps.pop_back();
  return timesteps;
}

std::vector<double> timesteps_of(Spacing spacing, SchedulerConfig config, ScheduleTimesteps schedule, int count) {
  if (!config.timesteps.empty()) return config.timesteps;
  if (spacing == Spacing::variance_preserving_linspace) config.timestep_spacing = TimestepSpacing::linspace;
  if (schedule == ScheduleTimesteps::trailing) config.timestep_spacing = TimestepSpacing::trailing;
  switch (spacing) {
    case Spacing::distilled:
      return distilled_timesteps(config, count);
    case Spacing::variance_exploding:
      return spaced_timesteps(config, count);
    case Spacing::variance_preserving:
    case Spacing::variance_preserving_linspace:
      return timesteps_before_the_end(config, count);
    default:
      return whole_timesteps(config, count);
  }
}

double whole(double timestep, ScheduleTimesteps how) {
  return how == ScheduleTimesteps::truncated ? std::trunc(timestep) : std::nearbyint(timestep);
}

std::vector<Step> levels_at_timesteps(const LevelsContext& context, ScheduleTimesteps schedule, int count) {
  std::vector<Step> levels;
  for (const double timestep : timesteps_of(context.row.spacing, context.config, schedule, count)) {
    levels.push_back(rounded_call(timestep, context.training.sigma_at(static_cast<float>(timestep))));
  }
  return levels;
}

std::vector<Step> levels_at_sigmas(const LevelsContext& context, const std::vector<double>& sigmas) {
  std::vector<Step> levels;
  for (const double sigma : sigmas) {
    levels.push_back(call_at_sigma(context.training, sigma, true));
    if (!context.row.tells_whole_timesteps()) continue;
    levels.back().timestep = whole(context.training.timestep_at(sigma), context.schedule.timesteps);
  }
  return levels;
}

// What a schedule of sigmas lies between: the ends of the discrete ones, or of training.
SigmaRange range_of(const LevelsContext& context, int count) {
  const NoiseSchedule& training = context.training;
  if (context.row.spacing != Spacing::variance_exploding) {
    return {training, training.sigmas().back(), training.sigmas().front(), count, context.config.aligned_steps};
  }
  const std::vector<Step> levels = levels_at_timesteps(context, ScheduleTimesteps::configured, count);
  return {training, levels.front().sigma, levels.back().sigma, count, context.config.aligned_steps};
}

}  // namespace

std::vector<Step> noise_levels(const LevelsContext& context, int count) {
  const std::vector<double>& given = context.config.sigmas;
  if (!given.empty()) return levels_at_sigmas(context, {given.begin(), given.end() - 1});
  const Sigmas sigmas = sigmas_of(context.schedule);
  if (!sigmas || !context.config.timesteps.empty()) {
    return levels_at_timesteps(context, context.schedule.timesteps, count);
  }
  return levels_at_sigmas(context, sigmas(range_of(context, count)));
}

double final_sigma(const LevelsContext& context, double last_sigma) {
  if (!context.config.sigmas.empty()) return static_cast<float>(context.config.sigmas.back());
  const bool at_least = context.row.end == End::zero && context.config.final_sigma == FinalSigma::sigma_min;
  if (context.row.end == End::least || at_least) {
    return std::min<double>(context.training.sigmas().front(), last_sigma);
  }
  if (context.row.end == End::zero) return 0;
  const float alpha_bar = context.training.alpha_bar(-1);
  return std::sqrt((1.0f - alpha_bar) / alpha_bar);
}

Step call_at_sigma(const NoiseSchedule& training, double sigma, bool opens) {
  Step call = rounded_call(training.timestep_at(sigma), sigma);
  call.opens = opens;
  return call;
}

}  // namespace deepcache_gen
