#pragma once

#include "schedulers/sampler.h"

namespace deepcache_gen {

/// What samplers share that step on any sigma with latents of the denoised ones' size: latents = denoised + sigma *
/// noise, which the UNet sees divided by sqrt(sigma^2 + 1) (Karras et al., arXiv 2206.00364, table 1).
class VarianceExplodingSampler : public Sampler {
 public:
  explicit VarianceExplodingSampler(const SamplerPlan& plan);

  double init_noise_sigma() const override;

 protected:
  NoiseLevel level(const Step& step) const override;

  /// The slope of the latents over sigma at `step` (equations 1 and 3 there with sigma as the time): (latents -
  /// denoised) / sigma.
  LinearForm derivative(const at::Tensor& latents, const Prediction& prediction, const Step& step) const;

 private:
  bool begins_late_;
};

}  // namespace deepcache_gen
