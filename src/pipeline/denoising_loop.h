#pragma once

#include <ATen/core/Tensor.h>

#include <functional>

#include "pipeline/denoiser.h"
#include "schedulers/sampler.h"

namespace deepcache_gen {

/// Where the loop stands between two steps.
struct LoopState {
  int done;  ///< steps
  const at::Tensor& latents;
  /// The picture's latents as the last step has it (see `Prediction::denoised`); not before the first.
  std::function<at::Tensor()> denoised_estimate;
};

/// Takes a batch from noise to its final latents: float32, [images, channels, height, width], on the
/// noise's device. `between_steps` is called before the first step and after every one; what it throws ends the loop.
at::Tensor run_denoising_loop(Sampler& sampler, Denoiser& denoiser, NoiseSource& noise,
                              const std::function<void(const LoopState&)>& between_steps);

}  // namespace deepcache_gen
