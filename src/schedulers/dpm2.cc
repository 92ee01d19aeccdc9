#include <cmath>

#include "schedulers/ancestral_step.h"
#include "schedulers/midpoint_sampler.h"

namespace deepcache_gen {
namespace {

std::vector<Step> dpm2_calls(std::vector<Step> levels, const LevelsContext& context, double end) {
  if (context.schedule.timesteps == ScheduleTimesteps::rounded) {
    // diffusers does so in these classes, though they tell the UNet fractions elsewhere.
    for (Step& level : levels) level.timestep = std::nearbyint(level.timestep);
  }
  return calls_with_midpoints(levels, context, end, context.eta());
}

// Second order steps with the slope in the middle (Karras et al., arXiv 2206.00364, algorithm 2, without churn; for
// log sigma DPM-Solver-2 of Lu et al., arXiv 2206.00927, algorithm 1), after k-diffusion's sample_dpm_2 and
// sample_dpm_2_ancestral.
class Dpm2Sampler final : public MidpointSampler {
 public:
  using MidpointSampler::MidpointSampler;

  at::Tensor advance(const at::Tensor& latents, const Prediction& prediction, const Step& step,
                     NoiseSource& noise) override {
    const LinearForm slope = derivative(latents, prediction, step);
    begin(latents, step);
    if (step.opens) return form(latents) + slope * static_cast<float>(step.next_sigma - step.sigma);
    const AncestralStep to(start_sigma(), step.next_sigma, eta());
    const LinearForm end = start() + slope * static_cast<float>(to.down - start_sigma());
    return eta() == 0 ? end : end + form(noise.draw()) * static_cast<float>(to.up);
  }
};

}  // namespace

const SamplerMaker kDpm2{make<Dpm2Sampler>, dpm2_calls};
const SamplerMaker kDpm2Ancestral{make<Dpm2Sampler>, dpm2_calls};

}  // namespace deepcache_gen
