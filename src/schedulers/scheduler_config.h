#pragma once

#include <optional>
#include <string>
#include <vector>

#include "support/json_object.h"

namespace deepcache_gen {

/// What the UNet predicts: the noise (Ho et al., arXiv 2006.11239), or the velocity (Salimans and Ho, arXiv
/// 2202.00512).
enum class PredictionType { epsilon, v_prediction };

/// How the steps are spread over the timesteps of training (Lin et al., arXiv 2305.08891, table 2).
enum class TimestepSpacing { leading, trailing, linspace };

/// How the variances grow over training: evenly, or evenly in their square root (latent diffusion).
enum class BetaSchedule { linear, scaled_linear };

/// Where samplers end that can end at no noise: there, or at the noise of timestep 0.
enum class FinalSigma { zero, sigma_min };

/// The forms of the multistep solvers: how the second difference is weighed (Lu et al., arXiv 2211.01095, tables 1 and
/// 2), and B(h) of UniPC (Zhao et al., arXiv 2302.04867, section 3.1).
enum class SolverType { midpoint, heun, bh1, bh2 };

/// How a multistep solver goes about it, where it is not as the sampler's row has it.
struct SolverSettings {
  std::optional<int> order;        ///< 1..3; how far back it looks
  std::optional<SolverType> type;  ///< unset: midpoint, bh2
  bool lower_order_final = true;   ///< the last ones look less far back (below 15 steps; unipc: always)
  bool euler_at_final = false;     ///< the last step looks not back at all
};

/// For which model the steps were aligned (Sabour et al., arXiv 2404.14507); others have none.
enum class AlignedSteps { none, stable_diffusion_1, stable_diffusion_xl };

/// The section "scheduler" of a model.json; the fields have diffusers' names and meanings. Another sampler on the same
/// model changes `sampler` and `sigma_schedule` and drops what is said of the solver (see `with_sampler`).
struct SchedulerConfig {
  std::string sampler;         ///< a name from `sampler_names` (sampler_rows.h)
  std::string sigma_schedule;  ///< a name from `sigma_schedule_names`
  int num_train_timesteps = 1000;
  double beta_start = 0.00085, beta_end = 0.012;  ///< variance of the noise added at the first and the last timestep
  BetaSchedule beta_schedule = BetaSchedule::scaled_linear;
  bool rescale_betas_zero_snr = false;  ///< no signal is left at the last timestep (Lin et al., section 3.1)
  PredictionType prediction_type = PredictionType::epsilon;
  TimestepSpacing timestep_spacing = TimestepSpacing::leading;
  int steps_offset = 1;           ///< added to every timestep; leading spacing only
  bool set_alpha_to_one = false;  ///< ddim and pndm end at no noise at all instead of at the noise of timestep 0
  FinalSigma final_sigma = FinalSigma::zero;
  SolverSettings solver;
  int original_inference_steps = 50;  ///< lcm, tcd: the steps that the model was distilled for
  double timestep_scaling = 10;       ///< lcm: of the timestep in its boundary condition

  // What a request adds.

  std::optional<double> eta;  ///< how much noise is added; unset: as the sampler's row has it
  /// The levels themselves instead of a sigma schedule, one per step, falling; at most one of the two.
  std::vector<double> sigmas;  ///< with the one that the way ends at behind them
  std::vector<double> timesteps;
  AlignedSteps aligned_steps = AlignedSteps::none;  ///< of the model
};

/// The settings that a section says only where they are not as usual, with what is usual: where one is missing, that.
nlohmann::json usual_scheduler_settings();

/// Reads the section. Throws `Error` naming the field where one is missing or not what is expected.
SchedulerConfig read_scheduler_config(const JsonObject& section);

/// The model's config with the user's choices put in, by any name that `sampler_meant_by` knows. Where only a sampler
/// is chosen and it can't follow the model's own sigma schedule, the schedule becomes discrete. The names are checked
/// by `make_sampler`.
SchedulerConfig with_sampler(SchedulerConfig config, const std::optional<std::string>& sampler,
                             const std::optional<std::string>& sigma_schedule);

}  // namespace deepcache_gen
