#include "schedulers/step_plan.h"

#include <cmath>
#include <stdexcept>
#include <string>

#include "schedulers/sampler_maker.h"
#include "schedulers/sampler_rows.h"
#include "schedulers/schedules.h"
#include "schedulers/timestep_spacing.h"
#include "support/closest_name.h"
#include "support/error.h"

namespace deepcache_gen {
namespace {

const SamplerRow& known_sampler(const std::string& name) {
  if (const SamplerRow* row = find_sampler(name)) return *row;
  throw UsageError("--sampling-method", unknown_name_message("sampler", name, sampler_names()));
}

const ScheduleRow& accepted_schedule(const std::string& name, const SamplerRow& sampler) {
  const ScheduleRow* schedule = find_schedule(name);
  if (!schedule) throw UsageError("--scheduler", unknown_name_message("sigma schedule", name, sigma_schedule_names()));
  if (sampler.follows(name)) return *schedule;
  std::string message = "sampler '" + std::string(sampler.name) + "' can't follow sigma schedule '" + name +
                        "'; use discrete, or one of:";
  for (const SamplerRow& row : sampler_rows()) {
    if (row.follows(name)) message += " " + std::string(row.name);
  }
  UsageError error("--sampling-method", message);
  error.add_flag("--scheduler");
  throw error;
}

void check_step_count(const SchedulerConfig& config, int count) {
  if (count >= 1 && count <= config.num_train_timesteps) return;
  throw UsageError("steps is " + std::to_string(count) + ", expected 1 to " +
                   std::to_string(config.num_train_timesteps) + ", the timesteps the model was trained with");
}

Sigmas sigmas_of(const ScheduleRow& schedule) {
#define SCHEDULE(row_name, infotext, whole, sigmas) \
  if (schedule.name == row_name) return sigmas;
#include "schedulers/schedules.def"
  return nullptr;
}

Step rounded_call(double timestep, double sigma) {
  return {0, static_cast<float>(timestep), static_cast<float>(sigma)};
}

// Unlike the other classes, leading and linspace here count the end of the last step among the timesteps.
std::vector<double> timesteps_before_the_end(const SchedulerConfig& config, int count) {
  if (config.timestep_spacing == TimestepSpacing::trailing) return whole_timesteps(config, count);
  std::vector<double> timesteps = whole_timesteps(config, count + 1);
  timesteps.pop_back();
  return timesteps;
}

std::vector<double> timesteps_of(Spacing spacing, const SchedulerConfig& config, int count) {
  if (spacing == Spacing::variance_exploding) return spaced_timesteps(config, count);
  if (spacing == Spacing::variance_preserving) return timesteps_before_the_end(config, count);
  return whole_timesteps(config, count);
}

double whole(double timestep, WholeTimesteps how) {
  return how == WholeTimesteps::rounded ? std::nearbyint(timestep) : std::trunc(timestep);
}

// One call at every level; those of a spread schedule lie between the ends of the discrete ones or of training.
std::vector<Step> levels_of(const SamplerRow& sampler, const ScheduleRow& schedule, const SchedulerConfig& config,
                            const NoiseSchedule& training, int count) {
  std::vector<Step> levels;
  for (const double timestep : timesteps_of(sampler.spacing, config, count)) {
    levels.push_back(rounded_call(timestep, training.sigma_at(static_cast<float>(timestep))));
  }
  const Sigmas sigmas = sigmas_of(schedule);
  if (!sigmas) return levels;
  const bool between_selected = sampler.spacing == Spacing::variance_exploding;
  const SigmaRange range{training, between_selected ? levels.front().sigma : training.sigmas().back(),
                         between_selected ? levels.back().sigma : training.sigmas().front(), count};
  levels.clear();
  for (const double sigma : sigmas(range)) {
    levels.push_back(call_at_sigma(training, sigma, true));
    double& timestep = levels.back().timestep;
    if (sampler.spacing != Spacing::variance_exploding) timestep = whole(training.timestep_at(sigma), schedule.whole);
  }
  return levels;
}

void check_timesteps(const NoiseSchedule& training, const std::vector<Step>& steps) {
  for (const Step& step : steps) {
    const int timestep = static_cast<int>(step.timestep);
    if (timestep >= 0 && timestep < training.size()) continue;
    throw UsageError("that many steps would visit timestep " + std::to_string(timestep) + ", but the model has 0 to " +
                     std::to_string(training.size() - 1) + "; use fewer steps");
  }
}

// A step between equal noise levels has no length in lambda, and the solvers divide by it.
void check_noise_levels(const SamplerRow& sampler, const std::vector<Step>& levels) {
  for (std::size_t i = 1; i < levels.size(); ++i) {
    if (levels[i].sigma < levels[i - 1].sigma) continue;
    throw UsageError("steps is " + std::to_string(levels.size()) + ", with which " + std::string(sampler.name) +
                     " visits one noise level twice; use fewer steps");
  }
}

void check_levels(const SamplerRow& sampler, const NoiseSchedule& training, const std::vector<Step>& levels) {
  if (sampler.spacing == Spacing::training) check_timesteps(training, levels);
  if (sampler.spacing == Spacing::variance_preserving) check_noise_levels(sampler, levels);
}

float final_sigma(Spacing spacing, const NoiseSchedule& training) {
  if (spacing != Spacing::training) return 0;
  const float alpha_bar = training.alpha_bar(-1);
  return std::sqrt((1.0f - alpha_bar) / alpha_bar);
}

void number(std::vector<Step>& steps, double final_sigma) {
  for (std::size_t i = 0; i < steps.size(); ++i) {
    steps[i].index = static_cast<int>(i);
    steps[i].next_sigma = i + 1 < steps.size() ? steps[i + 1].sigma : final_sigma;
  }
}

}  // namespace

std::vector<Step> plan_steps(const SchedulerConfig& config, int num_inference_steps) {
  const SamplerRow& sampler = known_sampler(config.sampler);
  const ScheduleRow& schedule = accepted_schedule(config.sigma_schedule, sampler);
  check_step_count(config, num_inference_steps);
  const NoiseSchedule training(config);
  std::vector<Step> steps = levels_of(sampler, schedule, config, training, num_inference_steps);
  check_levels(sampler, training, steps);
  if (const auto arrange = maker_of(sampler).arrange) steps = arrange(std::move(steps), training);
  number(steps, final_sigma(sampler.spacing, training));
  return steps;
}

std::vector<Step> plan_steps(const SchedulerConfig& config, int num_inference_steps, int first_call) {
  std::vector<Step> steps = plan_steps(config, num_inference_steps);
  const bool two_calls = known_sampler(config.sampler).calls_per_step == 2;
  Step& first = steps.at(static_cast<std::size_t>(first_call));
  if (two_calls && !first.opens) throw std::out_of_range("a way can't start at the second call of a solver step");
  first.opens = true;
  const double final_sigma = steps.back().next_sigma;
  steps.erase(steps.begin(), steps.begin() + first_call);
  number(steps, final_sigma);
  return steps;
}

Step call_at_sigma(const NoiseSchedule& training, double sigma, bool opens) {
  Step call = rounded_call(training.timestep_at(sigma), sigma);
  call.opens = opens;
  return call;
}

}  // namespace deepcache_gen
