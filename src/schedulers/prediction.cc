#include "schedulers/prediction.h"

namespace deepcache_gen {

NoiseLevel NoiseLevel::variance_preserving(float alpha_bar) {
  return {std::sqrt(alpha_bar), std::sqrt(1.0f - alpha_bar), 1.0f};
}

NoiseLevel NoiseLevel::variance_preserving_sigma(float sigma) {
  const float signal = 1.0f / std::sqrt(sigma * sigma + 1.0f);
  return {signal, sigma * signal, 1.0f};
}

NoiseLevel NoiseLevel::variance_exploding(float sigma) { return {1.0f, sigma, sigma * sigma + 1.0f}; }

// v = (signal * epsilon - noise * denoised) / norm (Salimans and Ho, arXiv 2202.00512, appendix D, there with norm 1).
// Solved with latents = signal * denoised + noise * epsilon for the denoised latents and for epsilon:

Prediction Prediction::of_denoised(PredictionType type, const LinearForm& denoised, LinearForm latents,
                                   const NoiseLevel& level) {
  const LinearForm noise = (latents - denoised * level.signal) / level.noise;
  const bool is_noise = type == PredictionType::epsilon;
  LinearForm output = is_noise ? noise : (noise * level.signal - denoised * level.noise) / level.norm();
  return {type, std::move(output), std::move(latents), level};
}

LinearForm Prediction::denoised() const {
  if (type_ == PredictionType::epsilon) return (latents_ - output_ * level_.noise) / level_.signal;
  return latents_ * level_.signal / level_.squared_norm - output_ * (level_.noise / level_.norm());
}

LinearForm Prediction::noise() const {
  if (type_ == PredictionType::epsilon) return output_;
  return output_ * (level_.signal / level_.norm()) + latents_ * level_.noise / level_.squared_norm;
}

}  // namespace deepcache_gen
