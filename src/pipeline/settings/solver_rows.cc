#include <algorithm>

#include "model/families.h"
#include "pipeline/settings/setting_rows.h"
#include "schedulers/sampler_rows.h"
#include "support/error.h"
#include "support/number_text.h"

namespace deepcache_gen {
namespace {

using Json = nlohmann::ordered_json;
using Request = GenerationRequest;
using Settings = GenerationSettings;

// For which model steps were aligned, as far as its facts tell: the tables are for the noise schedule of Stable
// Diffusion and models that predict noise, 1.x or XL by what text they read.
AlignedSteps aligned_steps_of(const ModelInfo& model, const SchedulerConfig& config) {
  constexpr int kContextOfVersion2 = 1024;
  const SchedulerConfig usual;
  const bool has_usual_noise = config.num_train_timesteps == usual.num_train_timesteps &&
                               config.beta_start == usual.beta_start && config.beta_end == usual.beta_end &&
                               config.beta_schedule == usual.beta_schedule && !config.rescale_betas_zero_snr;
  if (!has_usual_noise || config.prediction_type != PredictionType::epsilon) return AlignedSteps::none;
  if (reads_sizes(model.family)) return AlignedSteps::stable_diffusion_xl;
  return model.unet().context_size == kContextOfVersion2 ? AlignedSteps::none : AlignedSteps::stable_diffusion_1;
}

// AUTOMATIC1111's name; of a name without a row it is the name.
template <class Row>
std::string infotext_of(const Row* row, const std::string& name) {
  return row ? std::string(row->infotext) : name;
}

struct SolverNames {
  std::optional<std::string> sampler, schedule;
};

// Other programs have samplers whose names end with a schedule's.
SolverNames names_asked_for(const Request& request, const ModelInfo& model) {
  SolverNames names{request.sampler ? request.sampler : model.defaults.sampler, request.sigma_schedule};
  if (!names.sampler) return names;
  const std::optional<SamplerAndSchedule> both = sampler_and_schedule_meant_by(*names.sampler);
  if (!both) return names;
  if (names.schedule && schedule_meant_by(*names.schedule) != both->schedule) {
    throw UsageError("--scheduler", "--scheduler " + *names.schedule + ": sampler '" + *names.sampler +
                                        "' names the sigma schedule " + both->schedule + " already; leave one out");
  }
  return {both->sampler, both->schedule};
}

// "euler, ddim or pndm"
std::string alternatives(const std::vector<std::string>& names) {
  std::string text = names.front();
  for (std::size_t i = 1; i < names.size(); ++i) text += (i + 1 < names.size() ? ", " : " or ") + names[i];
  return text;
}

// Both are resolved together: which schedules there are hangs on the sampler.
PictureSetting sampler() {
  const auto value = [](const Settings& settings) { return settings.scheduler.sampler; };
  return {.names = "--sampling-method,--sampler",
          .placeholder = "NAME",
          .topic = "Sampling",
          .help = alternatives(sampler_names()) + ".",
          .common = true,
          .in_compare = false,  // which takes several
          .in_bench = true,
          .in_tune = true,
          .choices = sampler_names(),
          .model_default =
              [](const ModelInfo& model) { return model.defaults.sampler.value_or(model.scheduler.string("sampler")); },
          .read = read_into(&Request::sampler),
          .resolve =
              [](const Request& request, const ModelInfo& model, Settings& settings) {
                const SolverNames names = names_asked_for(request, model);
                settings.scheduler =
                    with_sampler(read_scheduler_config(model.scheduler), names.sampler, names.schedule);
                settings.scheduler.aligned_steps = aligned_steps_of(model, settings.scheduler);
              },
          .key = "sampler",
          .value = value,
          .infotext = "Sampler",
          .infotext_place = 2,
          .infotext_value =
              [](const Settings& settings) {
                return infotext_of(find_sampler(settings.scheduler.sampler), settings.scheduler.sampler);
              },
          .label = "sampler",
          .batch_key = value};
}

PictureSetting sigma_schedule() {
  const auto value = [](const Settings& settings) { return settings.scheduler.sigma_schedule; };
  return {.names = "--scheduler",
          .placeholder = "NAME",
          .topic = "Sampling",
          .help = "Sigma schedule: " + alternatives(sigma_schedule_names()) + ".",
          .rivals = {"--timesteps-curve"},
          .in_compare = false,
          .in_bench = true,
          .in_tune = true,
          .choices = sigma_schedule_names(),
          .model_default = [](const ModelInfo& model) { return model.scheduler.string("sigma_schedule"); },
          .read = read_into(&Request::sigma_schedule),
          .key = "scheduler",
          .value = value,
          .infotext = "Schedule type",
          .infotext_place = 3,
          .infotext_value =
              [](const Settings& settings) {
                return infotext_of(find_schedule(settings.scheduler.sigma_schedule), settings.scheduler.sigma_schedule);
              },
          .label = "sigma schedule",
          .batch_key = value};
}

std::string samplers_with_eta() {
  std::vector<std::string> names;
  for (const SamplerRow& row : sampler_rows()) {
    if (row.noise.eta) names.emplace_back(row.name);
  }
  return alternatives(names);
}

std::optional<double> checked_eta(std::optional<double> eta, const SamplerRow* row) {
  if (!eta || !row) return eta;
  if (!row->noise.eta) {
    throw UsageError("--eta", "--eta " + number_text("%g", *eta) + ": sampler '" + std::string(row->name) +
                                  "' has no such thing; use it with " + samplers_with_eta());
  }
  if (!(*eta >= 0 && *eta <= 1)) {
    throw UsageError("--eta", "--eta " + number_text("%g", *eta) + ": expected 0 (no noise is added) to 1");
  }
  return *eta == *row->noise.eta ? std::nullopt : eta;  // what is the default is not another setting
}

PictureSetting eta() {
  const auto value = [](const Settings& settings) {
    return settings.scheduler.eta ? std::optional<Json>(*settings.scheduler.eta) : std::nullopt;
  };
  return {.names = "--eta",
          .placeholder = "X",
          .topic = "Sampling",
          .help = "How much noise is added on the way, 0 to 1, by " + samplers_with_eta() + ".",
          .in_bench = true,
          .in_tune = true,
          .read = read_into(&Request::eta),
          .resolve =
              [](const Request& request, const ModelInfo&, Settings& settings) {
                settings.scheduler.eta = checked_eta(request.eta, find_sampler(settings.scheduler.sampler));
              },
          .key = "eta",
          .value = value,
          .infotext = "Eta",
          .label = "eta",
          .batch_key = [](const Settings& settings) { return Json(settings.scheduler.eta.value_or(-1)); }};
}

// The steps are as many as the levels that are given, and follow no schedule.
void take_levels(const char* flag, std::size_t count, const Request& request, Settings& settings) {
  if (request.sigmas && request.timesteps) {
    throw UsageError("--sigmas", "--sigmas and --timesteps both say where to step; leave one out");
  }
  if (request.sigma_schedule) {
    throw UsageError("--scheduler", std::string("--scheduler and ") + flag + " both say where to step; leave one out");
  }
  if (request.steps && static_cast<std::size_t>(*request.steps) != count) {
    throw UsageError("--steps", "--steps " + std::to_string(*request.steps) + ": " + flag + " are for " +
                                    std::to_string(count) + " steps; leave --steps out");
  }
  if (count == 0) {
    throw UsageError(flag, std::string(flag) + ": one number is no step; add what the way ends at, mostly 0");
  }
  settings.steps = checked_whole(flag, static_cast<int>(count), 1, kMostSteps, " levels");
  settings.scheduler.sigma_schedule = "discrete";
}

std::string numbers_text(const std::vector<double>& numbers) {
  std::string text;
  for (const double number : numbers) text.append(text.empty() ? "" : ",").append(number_text("%.9g", number));
  return text;
}

// A row for levels that are given themselves; `ends`: how many of the numbers are no steps.
PictureSetting own_levels(std::string flag, std::string key, std::string infotext, std::string help,
                          std::optional<std::vector<double>> Request::*asked,
                          std::vector<double> SchedulerConfig::*field, std::size_t ends) {
  const auto numbers = [field](const Settings& settings) { return settings.scheduler.*field; };
  return {.names = flag,
          .placeholder = "X,...",
          .topic = "Sampling",
          .help = std::move(help),
          .rivals = {"--timesteps-curve"},
          .in_bench = true,
          .read = read_into(asked),
          .resolve =
              [=](const Request& request, const ModelInfo&, Settings& settings) {
                if (!(request.*asked)) return;
                const std::vector<double>& given = *(request.*asked);
                take_levels(flag.c_str(), given.size() - std::min(ends, given.size()), request, settings);
                settings.scheduler.*field = given;
              },
          .key = std::move(key),
          .value =
              [=](const Settings& settings) {
                return numbers(settings).empty() ? std::nullopt : std::optional<Json>(numbers(settings));
              },
          .infotext = std::move(infotext),
          .infotext_value = [=](const Settings& settings) { return numbers_text(numbers(settings)); },
          .label = flag.substr(2),
          .shown = [=](const Settings& settings) { return numbers_text(numbers(settings)); },
          .batch_key = [=](const Settings& settings) { return Json(numbers(settings)); }};
}

PictureSetting sigmas() {
  return own_levels("--sigmas", "sigmas", "Sigmas",
                    "The noise levels themselves instead of a schedule, falling, and at last what the way ends at: "
                    "14.6,3,0.5,0 are three steps.",
                    &Request::sigmas, &SchedulerConfig::sigmas, 1);
}

PictureSetting timesteps() {
  return own_levels("--timesteps", "timesteps", "Timesteps",
                    "The timesteps themselves instead of a schedule, falling: 999,759,499,259 are four steps.",
                    &Request::timesteps, &SchedulerConfig::timesteps, 0);
}

}  // namespace

std::vector<PictureSetting> solver_rows() { return {sampler(), sigma_schedule(), eta(), sigmas(), timesteps()}; }

}  // namespace deepcache_gen
