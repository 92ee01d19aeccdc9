#pragma once

#include <vector>

#include "schedulers/sampler.h"
#include "schedulers/scheduler_config.h"

namespace deepcache_gen {

/// What the Euler samplers share: latents = denoised + sigma * noise, which the UNet sees divided by sqrt(sigma^2 + 1)
/// (Karras et al., arXiv 2206.00364, table 1).
class VarianceExplodingSampler : public Sampler {
 public:
  double init_noise_sigma() const override;
  at::Tensor scale_model_input(const at::Tensor& latents, const Step& step) const override;
  at::Tensor denoised_estimate(const at::Tensor& latents, const at::Tensor& model_output,
                               const Step& step) const override;

 protected:
  VarianceExplodingSampler(const SchedulerConfig& config, std::vector<Step> steps);

  /// The slope of the latents over sigma at `step` (equations 1 and 3 there with sigma as the time): (latents -
  /// denoised) / sigma.
  at::Tensor derivative(const at::Tensor& latents, const at::Tensor& model_output, const Step& step) const;

 private:
  TimestepSpacing timestep_spacing_;
};

}  // namespace deepcache_gen
