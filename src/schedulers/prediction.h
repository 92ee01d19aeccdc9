#pragma once

#include <ATen/core/Tensor.h>

#include <cmath>
#include <utility>

#include "schedulers/linear_form.h"
#include "schedulers/scheduler_config.h"

namespace deepcache_gen {

/// How noisy latents are: latents = signal * denoised + noise * epsilon.
struct NoiseLevel {
  float signal;
  float noise;
  float squared_norm;  ///< signal^2 + noise^2

  /// What divides the latents into the UNet's input.
  float norm() const { return std::sqrt(squared_norm); }
  /// The logarithm of the signal-to-noise ratio, halved: the time that the DPM family integrates over.
  float lambda() const { return std::log(signal) - std::log(noise); }

  /// Latents of variance one, as the UNet sees them: norm 1.
  static NoiseLevel variance_preserving(float alpha_bar);
  /// The same noise relative to the denoised latents, given as sigma.
  static NoiseLevel variance_preserving_sigma(float sigma);
  /// Latents that keep the size of the denoised ones and add noise of standard deviation sigma: signal 1.
  static NoiseLevel variance_exploding(float sigma);
};

/// What the UNet said about latents (after guidance), in every form that a sampler may want; all in the latents' shape.
class Prediction {
 public:
  /// `output`: epsilon or v, as `type` says. `latents`: as the sampler keeps them, at `level`.
  Prediction(PredictionType type, LinearForm output, LinearForm latents, const NoiseLevel& level)
      : type_(type), output_(std::move(output)), latents_(std::move(latents)), level_(level) {}

  /// Of a UNet that said that the picture's latents are `denoised`.
  static Prediction of_denoised(PredictionType type, const LinearForm& denoised, LinearForm latents,
                                const NoiseLevel& level);

  /// The picture's latents (x0): what the way would end at if the UNet said the same from here on.
  LinearForm denoised() const;
  /// The noise epsilon.
  LinearForm noise() const;
  /// What the UNet said, as it is.
  const LinearForm& output() const { return output_; }
  /// What `output`, of the same kind as this one's, says about other latents.
  Prediction of(LinearForm output, LinearForm latents, const NoiseLevel& level) const {
    return {type_, std::move(output), std::move(latents), level};
  }

 private:
  PredictionType type_;
  LinearForm output_, latents_;
  NoiseLevel level_;
};

}  // namespace deepcache_gen
