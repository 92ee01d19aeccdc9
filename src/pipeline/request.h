#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "caching/policy_table.h"
#include "model/model_info.h"
#include "schedulers/scheduler_config.h"

namespace deepcache_gen {

/// What a user asks for. What is unset is taken from the model's recommended defaults.
struct GenerationRequest {
  std::string prompt;                          ///< UTF-8
  std::optional<std::string> negative_prompt;  ///< unset is not the same as empty: SDXL zeroes the unset one
  std::optional<int> width, height;            ///< pixels, divisible by 8
  std::optional<int> steps;                    ///< denoising steps; some samplers make more UNet calls
  std::optional<double> guidance_scale;        ///< classifier-free guidance is off at 1 and below
  std::optional<double> guidance_rescale;      ///< 0..1
  std::optional<std::string> sampler;          ///< unset: the model's own scheduler
  std::optional<std::string> sigma_schedule;
  std::optional<double> eta;  ///< 0..1; unset: the sampler's own
  /// The noise levels themselves instead of a sigma schedule; at most one of the two (schedulers/scheduler_config.h).
  std::optional<std::vector<double>> sigmas, timesteps;
  CacheRequest cache;
  bool vae_tiling = false;
  std::optional<int> vae_tile_size;  ///< pixels; turns tiling on
  std::optional<std::int64_t> seed;  ///< of the first image; image k has seed + k; unset: drawn by lot
  int image_count = 1;
};

/// A request with every default filled in, checked against the model it is for.
struct GenerationSettings {
  std::string prompt;
  std::optional<std::string> negative_prompt;
  int width = 0, height = 0;
  int steps = 0;
  double guidance_scale = 0;
  double guidance_rescale = 0;
  bool guidance_is_embedded = false;  ///< the model's UNet takes the scale as an input (`UNetInfo::guidance_embedding`)
  SchedulerConfig scheduler;          ///< sampler, sigma schedule and what the model says about its noise
  CacheSpec cache;
  std::optional<int> vae_tile_pixels;  ///< side of the tiles that the VAE works on (model/vae_tiling.h); unset: none
  std::int64_t seed = 0;
  int image_count = 1;

  /// Whether guidance is classifier-free: the UNet runs for two halves, without and with the prompt.
  bool guided() const { return guidance_scale > 1.0 && !guidance_is_embedded; }
};

/// Fills in the defaults and checks every value (`picture_settings`). Throws `UsageError` naming the value, what is
/// accepted and what to do.
GenerationSettings resolve(const GenerationRequest& request, const ModelInfo& model);

}  // namespace deepcache_gen
