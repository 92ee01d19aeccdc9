#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "model/model_info.h"
#include "schedulers/scheduler_config.h"

namespace deepcache_gen {

/// What a user asks for. What is unset is taken from the model's recommended defaults.
struct GenerationRequest {
  std::string prompt;                          ///< UTF-8
  std::optional<std::string> negative_prompt;  ///< unset is not the same as empty: SDXL zeroes the unset one
  std::optional<int> width, height;            ///< pixels, divisible by 8
  std::optional<int> steps;                    ///< denoising steps; pndm makes one UNet call more
  std::optional<double> guidance_scale;        ///< classifier-free guidance is off at 1 and below
  std::optional<std::string> sampler;          ///< unset: the model's own scheduler
  std::optional<std::string> sigma_schedule;   ///< discrete or karras
  std::optional<int> interval;                 ///< every interval-th UNet call is full; 1: no caching
  std::optional<int> branch;                   ///< how deep a cached step goes
  std::int64_t seed = 0;                       ///< of the first image; image k has seed + k
  int image_count = 1;
  std::optional<int> batch_size;  ///< images in one UNet batch; unset: as many as memory allows
};

/// A request with every default filled in, checked against the model it is for.
struct GenerationSettings {
  std::string prompt;
  std::optional<std::string> negative_prompt;
  int width, height;
  int steps;
  double guidance_scale;
  SchedulerConfig scheduler;  ///< sampler, sigma schedule and what the model says about its noise
  int interval;
  int branch;
  std::int64_t seed;
  int image_count;
  std::optional<int> batch_size;

  bool guided() const { return guidance_scale > 1.0; }
};

/// Fills in the defaults and checks every value. Throws `UsageError` naming the value, what is accepted and what to do.
GenerationSettings resolve(const GenerationRequest& request, const ModelInfo& model);

}  // namespace deepcache_gen
