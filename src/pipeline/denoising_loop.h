#pragma once

#include <ATen/core/Tensor.h>

#include <functional>

#include "pipeline/batch_noise.h"
#include "pipeline/denoiser.h"
#include "schedulers/sampler.h"

namespace deepcache_gen {

/// Takes a batch from noise to its final latents: float32, [images, channels, height, width], on `device`.
/// `between_steps` is called before the first step and after every one with the number of steps done and the latents;
/// what it throws ends the loop.
at::Tensor run_denoising_loop(Sampler& sampler, Denoiser& denoiser, BatchNoise& noise, c10::Device device,
                              const std::function<void(int, const at::Tensor&)>& between_steps);

}  // namespace deepcache_gen
