#include <ATen/TensorOperators.h>

#include <cmath>

#include "schedulers/ancestral_step.h"
#include "schedulers/midpoint_calls.h"
#include "schedulers/variance_exploding_sampler.h"

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
class Dpm2Sampler final : public VarianceExplodingSampler {
 public:
  explicit Dpm2Sampler(const SamplerPlan& plan) : VarianceExplodingSampler(plan), eta_(plan.eta()) {}

  at::Tensor advance(const at::Tensor& latents, const Prediction& prediction, const Step& step,
                     NoiseSource& noise) override {
    const at::Tensor slope = derivative(latents, prediction, step);
    if (step.opens) {
      latents_ = latents;
      sigma_ = step.sigma;
      return latents + slope * static_cast<float>(step.next_sigma - sigma_);
    }
    const AncestralStep to(sigma_, step.next_sigma, eta_);
    const at::Tensor end = latents_ + slope * static_cast<float>(to.down - sigma_);
    return eta_ == 0 ? end : end + noise.draw() * static_cast<float>(to.up);
  }

 private:
  double eta_;
  at::Tensor latents_;  // where the step that was opened began
  double sigma_ = 0;
};

}  // namespace

const SamplerMaker kDpm2{make<Dpm2Sampler>, dpm2_calls};
const SamplerMaker kDpm2Ancestral{make<Dpm2Sampler>, dpm2_calls};

}  // namespace deepcache_gen
