#include <ATen/TensorOperators.h>

#include "schedulers/ancestral_step.h"
#include "schedulers/midpoint_calls.h"
#include "schedulers/variance_exploding_sampler.h"

namespace deepcache_gen {
namespace {

// SDE-DPM-Solver++ with a look at the middle, in lambda, of each step (Lu et al., arXiv 2211.01095, section 4.4), after
// k-diffusion's sample_dpmpp_sde with r = 1/2. The noise of the half and of the whole step are of one Brownian path.
class DpmPlusPlusSdeSampler final : public VarianceExplodingSampler {
 public:
  explicit DpmPlusPlusSdeSampler(const SamplerPlan& plan) : VarianceExplodingSampler(plan), eta_(plan.eta()) {}

  at::Tensor advance(const at::Tensor& latents, const Prediction& prediction, const Step& step,
                     NoiseSource& noise) override {
    if (step.opens) {
      latents_ = latents;
      sigma_ = step.sigma;
    }
    return moved(prediction, step.next_sigma, noise);
  }

 private:
  // From where the step began, towards what is predicted now.
  at::Tensor moved(const Prediction& prediction, double next_sigma, NoiseSource& noise) const {
    const AncestralStep to(sigma_, next_sigma, eta_);
    const auto kept = static_cast<float>(to.down / sigma_);
    const at::Tensor end = latents_ * kept + prediction.denoised() * (1.0f - kept);
    return to.up == 0 ? end : end + noise.between(sigma_, next_sigma) * static_cast<float>(to.up);
  }

  double eta_;
  at::Tensor latents_;  // where the step that was opened began
  double sigma_ = 0;
};

}  // namespace

const SamplerMaker kDpmPlusPlusSde{make<DpmPlusPlusSdeSampler>,
                                   [](std::vector<Step> levels, const LevelsContext& context, double end) {
                                     return calls_with_midpoints(levels, context, end, 0);
                                   }};

}  // namespace deepcache_gen
