#include "schedulers/scheduler_config.h"

#include <algorithm>
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

// What a section says only where it is not as usual.
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
    if (!(config.timestep_scaling > 0)) section.fail("timestep_scaling", "expected a number above 0");
  }
}

}  // namespace

SchedulerConfig read_scheduler_config(const JsonObject& section) {
  SchedulerConfig config;
  config.sampler = section.string_of("sampler", sampler_names());
  config.sigma_schedule = section.string_of("sigma_schedule", sigma_schedule_names());
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
