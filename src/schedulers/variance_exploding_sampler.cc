#include "schedulers/variance_exploding_sampler.h"

namespace deepcache_gen {
namespace {

// Leading spacing does not begin at the last timestep.
bool begins_late(const SamplerPlan& plan) {
  const bool is_trailing = find_schedule(plan.config.sigma_schedule)->timesteps == ScheduleTimesteps::trailing;
  return plan.config.timestep_spacing == TimestepSpacing::leading && !is_trailing;
}

}  // namespace

VarianceExplodingSampler::VarianceExplodingSampler(const SamplerPlan& plan)
    : Sampler(plan), begins_late_(begins_late(plan)) {}

double VarianceExplodingSampler::init_noise_sigma() const {
  const NoiseLevel first = level(steps().front());
  // Counting the picture in keeps the variance right all the same.
  return begins_late_ ? first.norm() : first.noise;
}

NoiseLevel VarianceExplodingSampler::level(const Step& step) const {
  return NoiseLevel::variance_exploding(static_cast<float>(step.sigma));
}

LinearForm VarianceExplodingSampler::derivative(const at::Tensor& latents, const Prediction& prediction,
                                                const Step& step) const {
  return (form(latents) - prediction.denoised()) / static_cast<float>(step.sigma);
}

}  // namespace deepcache_gen
