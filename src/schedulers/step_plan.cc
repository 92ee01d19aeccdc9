#include "schedulers/step_plan.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <stdexcept>
#include <string>

#include "schedulers/noise_levels.h"
#include "schedulers/sampler_maker.h"
#include "support/closest_name.h"
#include "support/error.h"

namespace deepcache_gen {
namespace {

const SamplerRow& known_sampler(const std::string& name) {
  if (const SamplerRow* row = find_sampler(name)) return *row;
  throw UsageError("--sampling-method", unknown_name_message("sampler", name, sampler_names()));
}

[[noreturn]] void refuse_for_sampler(const std::string& flag, const std::string& message) {
  UsageError error("--sampling-method", message);
  error.add_flag(flag);
  throw error;
}

const ScheduleRow& accepted_schedule(const std::string& name, const SamplerRow& sampler) {
  const ScheduleRow* schedule = find_schedule(name);
  if (!schedule) throw UsageError("--scheduler", unknown_name_message("sigma schedule", name, sigma_schedule_names()));
  if (sampler.follows(name)) return *schedule;
  std::string message = "sampler '" + std::string(sampler.name) + "' can't follow sigma schedule '" + name +
                        "'; use discrete, or one of:";
  for (const SamplerRow& row : sampler_rows()) {
    if (row.follows(name)) message.append(" ").append(row.name);
  }
  refuse_for_sampler("--scheduler", message);
}

void check_step_count(const SchedulerConfig& config, const SamplerRow& sampler, int count) {
  const bool is_distilled = sampler.spacing == Spacing::distilled && config.timesteps.empty();
  const int most = is_distilled ? config.original_inference_steps : config.num_train_timesteps;
  if (count >= 1 && count <= most) return;
  throw UsageError("--steps", "steps is " + std::to_string(count) + ", expected 1 to " + std::to_string(most) +
                                  ", the timesteps the model was " + (is_distilled ? "distilled for" : "trained with"));
}

// Each below the one before.
bool falls(const std::vector<double>& numbers) {
  return std::adjacent_find(numbers.begin(), numbers.end(), std::less_equal<>()) == numbers.end();
}

void check_sigmas(const SamplerRow& sampler, const std::vector<double>& sigmas) {
  if (!sampler.takes_sigmas()) {
    refuse_for_sampler("--sigmas", "sampler '" + std::string(sampler.name) +
                                       "' steps on timesteps of training only, not on --sigmas; add --sampling-method "
                                       "euler, say");
  }
  // Their squares must be numbers of float32, too.
  constexpr double kLeast = 1e-9, kMost = 1e9;
  const bool fit =
      std::all_of(sigmas.begin(), sigmas.end(), [](double s) { return s == 0 || (s >= kLeast && s <= kMost); });
  if (sigmas.size() >= 2 && falls(sigmas) && fit) return;
  throw UsageError(
      "--sigmas",
      "--sigmas: expected falling numbers of 1e-9 to 1e9, one for each step and at last what the way ends at, "
      "mostly 0, as in 14.6,3,0.5,0");
}

bool is_whole(double number) { return number == std::trunc(number); }

void check_own_timesteps(const SchedulerConfig& config, const SamplerRow& sampler) {
  const std::vector<double>& timesteps = config.timesteps;
  if (!sampler.takes_timesteps()) {
    refuse_for_sampler("--timesteps",
                       "sampler 'pndm' steps by equal strides only, not on --timesteps; add "
                       "--sampling-method ddim, say");
  }
  const int last = config.num_train_timesteps - 1;
  const bool are_there = timesteps.back() >= 0 && timesteps.front() <= last;
  const bool can_be_told =
      !sampler.tells_whole_timesteps() || std::all_of(timesteps.begin(), timesteps.end(), is_whole);
  if (falls(timesteps) && are_there && can_be_told) return;
  throw UsageError("--timesteps", "--timesteps: expected falling " + std::string(can_be_told ? "" : "whole ") +
                                      "numbers, one for each step, from " + std::to_string(last) +
                                      " down to 0, as in 999,759,499,259");
}

// Those that stand in the config.
void check_own_levels(const SchedulerConfig& config, const SamplerRow& sampler) {
  if (!config.sigmas.empty()) check_sigmas(sampler, config.sigmas);
  if (!config.timesteps.empty()) check_own_timesteps(config, sampler);
}

// Where nothing of the picture is left, epsilon says nothing about it, and pndm divides by what is left.
void check_first_level(const SchedulerConfig& config, const SamplerRow& sampler, const Step& first) {
  const bool can_begin = config.prediction_type == PredictionType::v_prediction && sampler.name != "pndm";
  if (can_begin || std::isfinite(first.sigma)) return;
  throw UsageError("--sampling-method", "sampler '" + std::string(sampler.name) +
                                            "' can't begin where the model leaves no signal at all; use euler, say");
}

void check_timesteps(const NoiseSchedule& training, const std::vector<Step>& steps) {
  for (const Step& step : steps) {
    const int timestep = static_cast<int>(step.timestep);
    if (timestep >= 0 && timestep < training.size()) continue;
    throw UsageError("that many steps would visit timestep " + std::to_string(timestep) + ", but the model has 0 to " +
                     std::to_string(training.size() - 1) + "; use fewer steps");
  }
}

// A step between equal noise levels has no length, and the solvers divide by it.
void check_noise_levels(const LevelsContext& context, const std::vector<Step>& levels) {
  for (std::size_t i = 1; i < levels.size(); ++i) {
    if (levels[i].sigma < levels[i - 1].sigma) continue;
    for (const auto& [flag, given] :
         {std::pair{"--sigmas", &context.config.sigmas}, {"--timesteps", &context.config.timesteps}}) {
      if (!given->empty())
        throw UsageError(flag, std::string(flag) + ": two of the levels are equal in float32; leave one out");
    }
    throw UsageError("steps is " + std::to_string(levels.size()) + ", with which " + std::string(context.row.name) +
                     " visits one noise level twice; use fewer steps");
  }
}

void check_levels(const LevelsContext& context, const std::vector<Step>& levels) {
  context.row.takes_sigmas() ? check_noise_levels(context, levels) : check_timesteps(context.training, levels);
}

void number(std::vector<Step>& steps, double final_sigma) {
  for (std::size_t i = 0; i < steps.size(); ++i) {
    steps[i].index = static_cast<int>(i);
    steps[i].next_sigma = i + 1 < steps.size() ? steps[i + 1].sigma : final_sigma;
  }
}

std::vector<Step> plan_whole_way(const SchedulerConfig& config, const NoiseSchedule& training, int count) {
  const SamplerRow& sampler = known_sampler(config.sampler);
  const LevelsContext context{sampler, accepted_schedule(config.sigma_schedule, sampler), config, training};
  check_step_count(config, sampler, count);
  check_own_levels(config, sampler);
  std::vector<Step> steps = noise_levels(context, count);
  check_levels(context, steps);
  check_first_level(config, sampler, steps.front());
  const double end = final_sigma(context, steps.back().sigma);
  if (const auto arrange = maker_of(sampler).arrange) steps = arrange(std::move(steps), context, end);
  number(steps, end);
  return steps;
}

}  // namespace

std::vector<Step> plan_steps(const SchedulerConfig& config, int num_inference_steps) {
  return plan_whole_way(config, NoiseSchedule(config), num_inference_steps);
}

std::vector<Step> plan_steps(const SchedulerConfig& config, const NoiseSchedule& training, int num_inference_steps,
                             int first_call) {
  std::vector<Step> steps = plan_whole_way(config, training, num_inference_steps);
  const bool two_calls = known_sampler(config.sampler).calls_per_step == 2;
  Step& first = steps.at(static_cast<std::size_t>(first_call));
  if (two_calls && !first.opens) throw std::out_of_range("a way can't start at the second call of a solver step");
  first.opens = true;
  const double final_sigma = steps.back().next_sigma;
  steps.erase(steps.begin(), steps.begin() + first_call);
  number(steps, final_sigma);
  return steps;
}

}  // namespace deepcache_gen
