#include "schedulers/prediction.h"

#include <ATen/TensorOperators.h>

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

at::Tensor predicted_denoised(PredictionType type, const at::Tensor& model_output, const at::Tensor& latents,
                              const NoiseLevel& level) {
  if (type == PredictionType::epsilon) return (latents - model_output * level.noise) / level.signal;
  return latents * level.signal / level.squared_norm - model_output * (level.noise / level.norm());
}

at::Tensor predicted_noise(PredictionType type, const at::Tensor& model_output, const at::Tensor& latents,
                           const NoiseLevel& level) {
  if (type == PredictionType::epsilon) return model_output;
  return model_output * (level.signal / level.norm()) + latents * level.noise / level.squared_norm;
}

}  // namespace deepcache_gen
