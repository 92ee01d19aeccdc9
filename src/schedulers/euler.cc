#include <ATen/TensorOperators.h>

#include "schedulers/noise_schedule.h"
#include "schedulers/sampler_factories.h"
#include "schedulers/step_list.h"
#include "schedulers/timestep_spacing.h"
#include "schedulers/variance_exploding_sampler.h"

namespace deepcache_gen {
namespace {

std::vector<Step> euler_steps(const SchedulerConfig& config, int num_inference_steps) {
  const NoiseSchedule schedule(config);
  const std::vector<Step> discrete = steps_at_timesteps(schedule, spaced_timesteps(config, num_inference_steps));
  if (config.sigma_schedule == "discrete") return discrete;
  return steps_at_sigmas(schedule, spread_sigmas(config.sigma_schedule, discrete.back().sigma, discrete.front().sigma,
                                                 num_inference_steps));
}

// Euler steps along the probability flow (Karras et al., arXiv 2206.00364, algorithm 1 without the correction).
class EulerSampler final : public VarianceExplodingSampler {
 public:
  EulerSampler(const SchedulerConfig& config, int num_inference_steps)
      : VarianceExplodingSampler(config, euler_steps(config, num_inference_steps)) {}

  at::Tensor advance(const at::Tensor& latents, const at::Tensor& model_output, const Step& step,
                     const NoiseSource&) override {
    const float distance = sigma_after(step) - static_cast<float>(step.sigma);
    return latents + derivative(latents, model_output, step) * distance;
  }
};

}  // namespace

std::unique_ptr<Sampler> make_euler(const SchedulerConfig& config, int num_inference_steps) {
  return std::make_unique<EulerSampler>(config, num_inference_steps);
}

}  // namespace deepcache_gen
