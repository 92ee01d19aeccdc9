#include "schedulers/sampler_table.h"

#include <algorithm>
#include <array>

#include "schedulers/sampler_factories.h"
#include "support/closest_name.h"
#include "support/error.h"

namespace deepcache_gen {
namespace {

constexpr const char* kDiscrete = "discrete";
constexpr const char* kKarras = "karras";

struct SamplerRow {
  const char* name;
  std::unique_ptr<Sampler> (*make)(const SchedulerConfig&, int);
  bool follows_karras;
};

constexpr std::array kSamplers = {
    SamplerRow{"pndm", make_pndm, false},       SamplerRow{"ddim", make_ddim, false},
    SamplerRow{"euler", make_euler, true},      SamplerRow{"euler_a", make_euler_ancestral, false},
    SamplerRow{"dpm++2m", make_dpmpp_2m, true},
};

const SamplerRow* find_sampler(const std::string& name) {
  const auto row =
      std::find_if(kSamplers.begin(), kSamplers.end(), [&](const SamplerRow& each) { return each.name == name; });
  return row == kSamplers.end() ? nullptr : &*row;
}

void check_sigma_schedule(const std::string& name, const SamplerRow& sampler) {
  const std::vector<std::string> names = sigma_schedule_names();
  if (std::find(names.begin(), names.end(), name) == names.end()) {
    throw UsageError("--scheduler", unknown_name_message("sigma schedule", name, names));
  }
  if (name != kKarras || sampler.follows_karras) return;
  std::string message =
      "sampler '" + std::string(sampler.name) + "' can't follow sigma schedule 'karras'; use discrete, or one of:";
  for (const SamplerRow& row : kSamplers) {
    if (row.follows_karras) message += std::string(" ") + row.name;
  }
  UsageError error("--sampling-method", message);
  error.add_flag("--scheduler");
  throw error;
}

}  // namespace

std::vector<std::string> sampler_names() {
  std::vector<std::string> names;
  for (const SamplerRow& row : kSamplers) names.emplace_back(row.name);
  return names;
}

std::vector<std::string> sigma_schedule_names() { return {kDiscrete, kKarras}; }

SchedulerConfig with_sampler(SchedulerConfig config, const std::optional<std::string>& sampler,
                             const std::optional<std::string>& sigma_schedule) {
  config.sampler = sampler.value_or(config.sampler);
  const SamplerRow* row = find_sampler(config.sampler);
  if (sampler && row && !row->follows_karras) config.sigma_schedule = kDiscrete;
  config.sigma_schedule = sigma_schedule.value_or(config.sigma_schedule);
  return config;
}

std::unique_ptr<Sampler> make_sampler(const SchedulerConfig& config, int num_inference_steps) {
  const SamplerRow* row = find_sampler(config.sampler);
  if (!row) throw UsageError("--sampling-method", unknown_name_message("sampler", config.sampler, sampler_names()));
  check_sigma_schedule(config.sigma_schedule, *row);
  if (num_inference_steps < 1 || num_inference_steps > config.num_train_timesteps) {
    throw UsageError("steps is " + std::to_string(num_inference_steps) + ", expected 1 to " +
                     std::to_string(config.num_train_timesteps) + ", the timesteps the model was trained with");
  }
  return row->make(config, num_inference_steps);
}

}  // namespace deepcache_gen
