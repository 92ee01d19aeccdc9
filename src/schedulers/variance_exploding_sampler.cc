#include "schedulers/variance_exploding_sampler.h"

#include <ATen/TensorOperators.h>

namespace deepcache_gen {

VarianceExplodingSampler::VarianceExplodingSampler(const SamplerPlan& plan)
    : Sampler(plan), timestep_spacing_(plan.config.timestep_spacing) {}

double VarianceExplodingSampler::init_noise_sigma() const {
  const NoiseLevel first = level(steps().front());
  // Leading spacing does not begin at the last timestep; counting the picture in keeps the variance right all the same.
  return timestep_spacing_ == TimestepSpacing::leading ? first.norm() : first.noise;
}

NoiseLevel VarianceExplodingSampler::level(const Step& step) const {
  return NoiseLevel::variance_exploding(static_cast<float>(step.sigma));
}

at::Tensor VarianceExplodingSampler::derivative(const at::Tensor& latents, const Prediction& prediction,
                                                const Step& step) {
  return (latents - prediction.denoised()) / static_cast<float>(step.sigma);
}

}  // namespace deepcache_gen
