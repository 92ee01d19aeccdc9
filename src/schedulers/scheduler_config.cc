#include "schedulers/scheduler_config.h"

#include <algorithm>
#include <iterator>
#include <sstream>
#include <utility>

#include "schedulers/sampler_rows.h"

namespace deepcache_gen {
namespace {

constexpr int kMaxTrainTimesteps = 1'000'000;

// The enumerator that stands where the field's value stands in `names`.
template <typename Enum>
Enum enumerator(const JsonObject& section, const std::string& field, const std::vector<std::string>& names) {
  const std::string name = section.string_of(field, names);
  return static_cast<Enum>(std::find(names.begin(), names.end(), name) - names.begin());
}

double variance(const JsonObject& section, const std::string& field) {
  const double value = section.number(field);
  if (!(value > 0 && value < 1)) section.fail(field, "is " + std::to_string(value) + ", expected between 0 and 1");
  return value;
}

bool has_word(std::string_view words, const std::string& word) {
  std::istringstream stream{std::string(words)};
  return std::find(std::istream_iterator<std::string>(stream), {}, word) != std::istream_iterator<std::string>();
}

// What the sampler's solver would not heed would make other pictures than the model's.
void check_solver(const JsonObject& section, const SchedulerConfig& config) {
  const std::string_view known = find_sampler(config.sampler)->solver;
  const auto demand = [&](const char* field, const std::string& word) {
    if (section.has(field) && !has_word(known, word)) {
      section.fail(field, "is " + section.json().at(field).dump() + ", which sampler '" + config.sampler +
                              "' has not; leave it out");
    }
  };
  demand("solver_order", std::to_string(config.solver.order.value_or(0)));
  demand("solver_type", section.has("solver_type") ? section.string("solver_type") : "");
  if (!config.solver.lower_order_final) demand("lower_order_final", "lower_order_final");
  if (config.solver.euler_at_final) demand("euler_at_final", "euler_at_final");
  if (config.final_sigma == FinalSigma::sigma_min) demand("final_sigmas_type", "sigma_min");
}

// What a section says only where it is not as usual (`usual_scheduler_settings`).
void read_unusual(const JsonObject& section, SchedulerConfig& config) {
  const auto says = [&](const char* field) { return section.has(field); };
  if (says("rescale_betas_zero_snr")) config.rescale_betas_zero_snr = section.boolean("rescale_betas_zero_snr");
  if (says("final_sigmas_type")) {
    config.final_sigma = enumerator<FinalSigma>(section, "final_sigmas_type", {"zero", "sigma_min"});
  }
  SolverSettings& solver = config.solver;
  if (says("solver_order")) solver.order = static_cast<int>(section.integer_between("solver_order", 1, 3));
  if (says("solver_type")) {
    solver.type = enumerator<SolverType>(section, "solver_type", {"midpoint", "heun", "bh1", "bh2"});
  }
  if (says("lower_order_final")) solver.lower_order_final = section.boolean("lower_order_final");
  if (says("euler_at_final")) solver.euler_at_final = section.boolean("euler_at_final");
  if (says("original_inference_steps")) {
    config.original_inference_steps =
        static_cast<int>(section.integer_between("original_inference_steps", 1, config.num_train_timesteps));
  }
  if (says("timestep_scaling")) {
    config.timestep_scaling = section.number("timestep_scaling");
    constexpr double kLargest = 1e6;
    if (!(config.timestep_scaling > 0 && config.timestep_scaling <= kLargest)) {
      section.fail("timestep_scaling", "expected a number above 0, at most 1000000");
    }
  }
  if (find_sampler(config.sampler)->spacing == Spacing::distilled &&
      config.original_inference_steps > config.num_train_timesteps) {
    section.fail("original_inference_steps", "is " + std::to_string(config.original_inference_steps) +
                                                 " where nothing is said, expected at most the " +
                                                 std::to_string(config.num_train_timesteps) +
                                                 " of num_train_timesteps");
  }
  check_solver(section, config);
}

}  // namespace

nlohmann::json usual_scheduler_settings() {
  const SchedulerConfig usual;
  return {{"rescale_betas_zero_snr", usual.rescale_betas_zero_snr},
          {"final_sigmas_type", "zero"},
          {"solver_order", nullptr},
          {"solver_type", nullptr},
          {"lower_order_final", usual.solver.lower_order_final},
          {"euler_at_final", usual.solver.euler_at_final},
          {"original_inference_steps", usual.original_inference_steps},
          {"timestep_scaling", usual.timestep_scaling}};
}

SchedulerConfig read_scheduler_config(const JsonObject& section) {
  SchedulerConfig config;
  config.sampler = section.string_of("sampler", sampler_names());
  config.sigma_schedule = section.string_of("sigma_schedule", sigma_schedule_names());
  if (!find_sampler(config.sampler)->follows(config.sigma_schedule)) {
    section.fail("sigma_schedule", "is " + config.sigma_schedule + ", which the sampler " + config.sampler +
                                       " can't follow; expected discrete");
  }
  config.num_train_timesteps = static_cast<int>(section.integer_between("num_train_timesteps", 1, kMaxTrainTimesteps));
  config.beta_start = variance(section, "beta_start");
  config.beta_end = variance(section, "beta_end");
  config.beta_schedule = enumerator<BetaSchedule>(section, "beta_schedule", {"linear", "scaled_linear"});
  config.prediction_type = enumerator<PredictionType>(section, "prediction_type", {"epsilon", "v_prediction"});
  config.timestep_spacing =
      enumerator<TimestepSpacing>(section, "timestep_spacing", {"leading", "trailing", "linspace"});
  config.steps_offset = static_cast<int>(section.integer_between("steps_offset", 0, config.num_train_timesteps - 1));
  config.set_alpha_to_one = section.boolean("set_alpha_to_one");
  read_unusual(section, config);
  return config;
}

SchedulerConfig with_sampler(SchedulerConfig config, const std::optional<std::string>& sampler,
                             const std::optional<std::string>& sigma_schedule) {
  const std::string own = std::exchange(config.sampler, sampler ? sampler_meant_by(*sampler) : config.sampler);
  if (config.sampler != own) {
    config.solver = {};
    config.final_sigma = FinalSigma::zero;
  }
  const SamplerRow* row = find_sampler(config.sampler);
  if (sampler && row && !row->follows(config.sigma_schedule)) config.sigma_schedule = "discrete";
  if (sigma_schedule) config.sigma_schedule = schedule_meant_by(*sigma_schedule);
  return config;
}

}  // namespace deepcache_gen
