#include "schedulers/sampler.h"

#include <ATen/TensorOperators.h>

namespace deepcache_gen {

at::Tensor Sampler::add_noise(const at::Tensor& picture, const at::Tensor& noise, const Step& step) const {
  const NoiseLevel noisy = level(step);
  return form(picture) * noisy.signal + form(noise) * noisy.noise;
}

at::Tensor Sampler::scale_model_input(const at::Tensor& latents, const Step& step) const {
  const float norm = level(step).norm();
  return norm == 1 ? latents : latents / norm;
}

Prediction Sampler::prediction(const at::Tensor& latents, const at::Tensor& model_output, const Step& step) const {
  return {prediction_type_, form(model_output), form(latents), level(step)};
}

Prediction Sampler::prediction_of(const at::Tensor& latents, const at::Tensor& denoised, const Step& step) const {
  return Prediction::of_denoised(prediction_type_, form(denoised), form(latents), level(step));
}

NoiseLevel Sampler::level(const Step& step) const {
  return NoiseLevel::variance_preserving_sigma(static_cast<float>(step.sigma));
}

}  // namespace deepcache_gen
