#include "schedulers/sampler.h"

#include "schedulers/prediction.h"

namespace deepcache_gen {

at::Tensor Sampler::scale_model_input(const at::Tensor& latents, const Step&) const { return latents; }

// Most samplers keep the latents at variance one; those that do not say so.
at::Tensor Sampler::denoised_estimate(const at::Tensor& latents, const at::Tensor& model_output,
                                      const Step& step) const {
  const NoiseLevel level = NoiseLevel::variance_preserving_sigma(static_cast<float>(step.sigma));
  return predicted_denoised(prediction_type_, model_output, latents, level);
}

float Sampler::sigma_after(const Step& step) const {
  const auto next = static_cast<std::size_t>(step.index) + 1;
  return next < steps_.size() ? static_cast<float>(steps_[next].sigma) : 0.0f;
}

}  // namespace deepcache_gen
