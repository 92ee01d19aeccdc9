#pragma once

#include <ATen/core/Tensor.h>

#include <cmath>

#include "schedulers/scheduler_config.h"

namespace deepcache_gen {

/// How noisy latents are: latents = signal * denoised + noise * epsilon.
struct NoiseLevel {
  float signal;
  float noise;
  float squared_norm;  ///< signal^2 + noise^2

  /// What divides the latents into the UNet's input.
  float norm() const { return std::sqrt(squared_norm); }

  /// Latents of variance one, as the UNet sees them (ddim, pndm, dpm++2m): norm 1.
  static NoiseLevel variance_preserving(float alpha_bar);
  /// The same noise relative to the denoised latents, given as sigma.
  static NoiseLevel variance_preserving_sigma(float sigma);
  /// Latents that keep the size of the denoised ones and add noise of standard deviation sigma (the Euler samplers):
  /// signal 1.
  static NoiseLevel variance_exploding(float sigma);
};

/// The denoised latents (x0) that the model output stands for.
at::Tensor predicted_denoised(PredictionType type, const at::Tensor& model_output, const at::Tensor& latents,
                              const NoiseLevel& level);

/// The noise epsilon that the model output stands for, in the latents' shape.
at::Tensor predicted_noise(PredictionType type, const at::Tensor& model_output, const at::Tensor& latents,
                           const NoiseLevel& level);

}  // namespace deepcache_gen
