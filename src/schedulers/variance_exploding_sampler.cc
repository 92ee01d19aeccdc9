#include "schedulers/variance_exploding_sampler.h"

#include <ATen/TensorOperators.h>

#include <algorithm>
#include <utility>

#include "schedulers/prediction.h"

namespace deepcache_gen {

VarianceExplodingSampler::VarianceExplodingSampler(const SchedulerConfig& config, std::vector<Step> steps)
    : Sampler(std::move(steps), config.prediction_type), timestep_spacing_(config.timestep_spacing) {}

double VarianceExplodingSampler::init_noise_sigma() const {
  const auto sigma = static_cast<float>(steps().front().sigma);
  // Leading spacing does not begin at the last timestep; counting the picture in keeps the variance right all the same.
  return timestep_spacing_ == TimestepSpacing::leading ? NoiseLevel::variance_exploding(sigma).norm() : sigma;
}

at::Tensor VarianceExplodingSampler::scale_model_input(const at::Tensor& latents, const Step& step) const {
  return latents / NoiseLevel::variance_exploding(static_cast<float>(step.sigma)).norm();
}

at::Tensor VarianceExplodingSampler::denoised_estimate(const at::Tensor& latents, const at::Tensor& model_output,
                                                       const Step& step) const {
  const NoiseLevel level = NoiseLevel::variance_exploding(static_cast<float>(step.sigma));
  return predicted_denoised(prediction_type(), model_output, latents, level);
}

at::Tensor VarianceExplodingSampler::derivative(const at::Tensor& latents, const at::Tensor& model_output,
                                                const Step& step) const {
  return (latents - denoised_estimate(latents, model_output, step)) / static_cast<float>(step.sigma);
}

}  // namespace deepcache_gen
