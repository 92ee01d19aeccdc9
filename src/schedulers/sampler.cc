#include "schedulers/sampler.h"

#include <ATen/TensorOperators.h>

namespace deepcache_gen {

at::Tensor Sampler::add_noise(const at::Tensor& picture, const at::Tensor& noise, const Step& step) const {
  const NoiseLevel noisy = level(step);
  return picture * noisy.signal + noise * noisy.noise;
}

at::Tensor Sampler::scale_model_input(const at::Tensor& latents, const Step& step) const {
  const float norm = level(step).norm();
  return norm == 1 ? latents : latents / norm;
}

Prediction Sampler::prediction(const at::Tensor& latents, const at::Tensor& model_output, const Step& step) const {
  return {prediction_type_, model_output, latents, level(step)};
}

Prediction Sampler::prediction_of(const at::Tensor& latents, const at::Tensor& denoised, const Step& step) const {
  return Prediction::of_denoised(prediction_type_, denoised, latents, level(step));
}

NoiseLevel Sampler::level(const Step& step) const {
  return NoiseLevel::variance_preserving_sigma(static_cast<float>(step.sigma));
}

}  // namespace deepcache_gen
