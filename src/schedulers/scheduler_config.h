#pragma once

#include <optional>
#include <string>

#include "support/json_object.h"

namespace deepcache_gen {

/// What the UNet predicts: the noise (Ho et al., arXiv 2006.11239), or the velocity (Salimans and Ho, arXiv
/// 2202.00512).
enum class PredictionType { epsilon, v_prediction };

/// How the steps are spread over the timesteps of training (Lin et al., arXiv 2305.08891, table 2).
enum class TimestepSpacing { leading, trailing, linspace };

/// How the variances grow over training: evenly, or evenly in their square root (latent diffusion).
enum class BetaSchedule { linear, scaled_linear };

/// The section "scheduler" of a model.json; the fields have diffusers' names and meanings. Another sampler on the same
/// model changes `sampler` and `sigma_schedule` only (see `with_sampler`).
struct SchedulerConfig {
  std::string sampler;         ///< a name from `sampler_names` (sampler_rows.h)
  std::string sigma_schedule;  ///< a name from `sigma_schedule_names`
  int num_train_timesteps = 1000;
  double beta_start = 0.00085, beta_end = 0.012;  ///< variance of the noise added at the first and the last timestep
  BetaSchedule beta_schedule = BetaSchedule::scaled_linear;
  PredictionType prediction_type = PredictionType::epsilon;
  TimestepSpacing timestep_spacing = TimestepSpacing::leading;
  int steps_offset = 1;           ///< added to every timestep; leading spacing only
  bool set_alpha_to_one = false;  ///< ddim and pndm end at no noise at all instead of at the noise of timestep 0
};

/// Reads the section. Throws `Error` naming the field where one is missing or not what is expected.
SchedulerConfig read_scheduler_config(const JsonObject& section);

/// The model's config with the user's choices put in. Where only a sampler is chosen and it can't follow the model's
/// own sigma schedule, the schedule becomes discrete. The names are checked by `make_sampler`.
SchedulerConfig with_sampler(SchedulerConfig config, const std::optional<std::string>& sampler,
                             const std::optional<std::string>& sigma_schedule);

}  // namespace deepcache_gen
