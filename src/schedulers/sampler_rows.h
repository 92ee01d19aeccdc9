#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace deepcache_gen {

/// On which timesteps of training a sampler's levels lie, and what latents it keeps, as the classes of diffusers have
/// it.
enum class Spacing {
  training,            ///< whole timesteps, latents of variance one; ends as `set_alpha_to_one` says (ddim, pndm)
  variance_exploding,  ///< fractions, latents of the denoised ones' size; ends at sigma 0 (the Euler family)
  variance_preserving  ///< whole timesteps with the end counted in, latents of variance one; ends at 0 (the DPM family)
};

/// What is known of a sampler without LibTorch: a row of samplers.def, where the fields are explained.
struct SamplerRow {
  std::string_view name, infotext, diffusers_class, diffusers_arguments;
  Spacing spacing;
  int calls_per_step;
  std::string_view schedules;

  /// The names of the sigma schedules that it follows.
  std::vector<std::string> schedule_names() const;
  bool follows(std::string_view schedule) const;
};

/// How the fractional timesteps of a sigma schedule become whole ones.
enum class WholeTimesteps { rounded, truncated };

/// What is known of a sigma schedule without LibTorch: a row of schedules.def, where the fields are explained.
struct ScheduleRow {
  std::string_view name, infotext;
  WholeTimesteps whole;
};

/// Every sampler and every sigma schedule, in the order of their files.
std::span<const SamplerRow> sampler_rows();
std::span<const ScheduleRow> schedule_rows();

/// The row of that name; null where there is none.
const SamplerRow* find_sampler(std::string_view name);
const ScheduleRow* find_schedule(std::string_view name);

/// The names of all rows, in their order.
std::vector<std::string> sampler_names();
std::vector<std::string> sigma_schedule_names();

}  // namespace deepcache_gen
