#include <ATen/TensorOperators.h>

#include <cmath>

#include "schedulers/noise_schedule.h"
#include "schedulers/sampler_factories.h"
#include "schedulers/step_list.h"
#include "schedulers/timestep_spacing.h"
#include "schedulers/variance_exploding_sampler.h"

namespace deepcache_gen {
namespace {

// Euler steps that go below the next noise level and come back to it with new noise: the ancestral sampling of DDPM
// (Ho et al., arXiv 2006.11239) in terms of sigma, after k-diffusion's sample_euler_ancestral with eta 1.
class EulerAncestralSampler final : public VarianceExplodingSampler {
 public:
  EulerAncestralSampler(const SchedulerConfig& config, int num_inference_steps)
      : VarianceExplodingSampler(
            config, steps_at_timesteps(NoiseSchedule(config), spaced_timesteps(config, num_inference_steps))) {}

  at::Tensor advance(const at::Tensor& latents, const at::Tensor& model_output, const Step& step,
                     const NoiseSource& draw_noise) override {
    const auto from = static_cast<float>(step.sigma);
    const float to = sigma_after(step);
    const float up = std::sqrt(to * to * (from * from - to * to) / (from * from));
    const float down = std::sqrt(to * to - up * up);
    // Drawn after the last step too, where `up` is 0: diffusers does, and a seed's next draw depends on it.
    return latents + derivative(latents, model_output, step) * (down - from) + draw_noise() * up;
  }
};

}  // namespace

std::unique_ptr<Sampler> make_euler_ancestral(const SchedulerConfig& config, int num_inference_steps) {
  return std::make_unique<EulerAncestralSampler>(config, num_inference_steps);
}

}  // namespace deepcache_gen
