#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace deepcache_gen {

/// On which timesteps of training a sampler's levels lie, and what latents it keeps, as the classes of diffusers have
/// it.
enum class Spacing {
  training,                     ///< whole timesteps, latents of variance one (ddim, pndm, ddpm)
  distilled,                    ///< those that the model was distilled for, latents of variance one (lcm, tcd)
  variance_exploding,           ///< fractions, latents of the denoised ones' size (the Euler family)
  variance_preserving,          ///< whole timesteps with the end counted in, latents of variance one (the DPM family)
  variance_preserving_linspace  ///< the same, evenly over training whatever the config says (dpm++2s)
};

/// The noise level that the way ends at.
enum class End {
  configured,  ///< as `set_alpha_to_one` says
  zero,        ///< none, unless the config's `final_sigma` says the least
  least        ///< that of timestep 0, or of the last call where that is less
};

/// What a sampler adds on its way.
struct AddedNoise {
  bool is_there;              ///< with the default eta
  std::optional<double> eta;  ///< the default of what scales it; unset: it has no such thing
};

/// What is known of a sampler without LibTorch: a row of samplers.def, where the fields are explained.
struct SamplerRow {
  std::string_view name, infotext, diffusers_class, diffusers_arguments;
  Spacing spacing;
  End end;
  AddedNoise noise;
  int calls_per_step;
  std::string_view solver;

  /// Whether it can step on any noise level, not only on the timesteps of training.
  bool takes_sigmas() const { return spacing != Spacing::training && spacing != Spacing::distilled; }
  /// Whether it can step on any falling timesteps; pndm looks back by equal strides.
  bool takes_timesteps() const { return name != "pndm"; }
  /// Whether the UNet is told whole timesteps only.
  bool tells_whole_timesteps() const { return spacing != Spacing::variance_exploding; }

  /// The names of the sigma schedules that it follows: what takes sigmas follows all, the others those that are made of
  /// timesteps, distilled ones their own only.
  std::vector<std::string> schedule_names() const;
  bool follows(std::string_view schedule_name) const;
};

/// Which timesteps the UNet is told.
enum class ScheduleTimesteps {
  configured,  ///< those of the config's spacing
  trailing,    ///< those of trailing spacing, whatever the config says
  rounded,     ///< those of the sigmas; rounded for samplers that tell whole ones
  truncated    ///< the same, truncated
};

/// What is known of a sigma schedule without LibTorch: a row of schedules.def, where the fields are explained.
struct ScheduleRow {
  std::string_view name, infotext, diffusers_switch;
  ScheduleTimesteps timesteps;
  std::string_view what;

  /// Whether it is made of timesteps; the others are made of sigmas.
  bool is_of_timesteps() const {
    return timesteps == ScheduleTimesteps::configured || timesteps == ScheduleTimesteps::trailing;
  }
};

/// Every sampler and every sigma schedule, in the order of their files.
std::span<const SamplerRow> sampler_rows();
std::span<const ScheduleRow> schedule_rows();

/// The row of that name; null where there is none.
const SamplerRow* find_sampler(std::string_view name);
const ScheduleRow* find_schedule(std::string_view name);

/// The name of the row that a user means: ours, AUTOMATIC1111's, the class of diffusers or the name in k-diffusion and
/// ComfyUI (`Euler a`, `EulerAncestralDiscreteScheduler`, `euler_ancestral`, `dpmpp_2m`), in any case and with any
/// separators. What means none is returned as it is.
std::string sampler_meant_by(std::string_view text);

struct SamplerAndSchedule {
  std::string sampler, schedule;
};

/// Both of one name, as `DPM++ 2M Karras`, by any names that are known; unset where the text is a sampler's alone, or
/// none.
std::optional<SamplerAndSchedule> sampler_and_schedule_meant_by(std::string_view text);
std::string schedule_meant_by(std::string_view text);

/// The names of all rows, in their order.
std::vector<std::string> sampler_names();
std::vector<std::string> sigma_schedule_names();

}  // namespace deepcache_gen
