#include "schedulers/scheduler_config.h"

#include <algorithm>

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
  return config;
}

SchedulerConfig with_sampler(SchedulerConfig config, const std::optional<std::string>& sampler,
                             const std::optional<std::string>& sigma_schedule) {
  config.sampler = sampler.value_or(config.sampler);
  const SamplerRow* row = find_sampler(config.sampler);
  if (sampler && row && !row->follows(config.sigma_schedule)) config.sigma_schedule = "discrete";
  config.sigma_schedule = sigma_schedule.value_or(config.sigma_schedule);
  return config;
}

}  // namespace deepcache_gen
