#include <ATen/TensorOperators.h>

#include "schedulers/ancestral_step.h"
#include "schedulers/midpoint_calls.h"
#include "schedulers/variance_exploding_sampler.h"

namespace deepcache_gen {
namespace {

// DPM-Solver++(2S) (Lu et al., arXiv 2211.01095, algorithm 1, with the middle in lambda) with ancestral steps, after
// k-diffusion's sample_dpmpp_2s_ancestral.
class DpmPlusPlus2sAncestralSampler final : public VarianceExplodingSampler {
 public:
  explicit DpmPlusPlus2sAncestralSampler(const SamplerPlan& plan) : VarianceExplodingSampler(plan), eta_(plan.eta()) {}

  at::Tensor advance(const at::Tensor& latents, const Prediction& prediction, const Step& step,
                     NoiseSource& noise) override {
    if (step.opens) {
      latents_ = latents;
      sigma_ = step.sigma;
      return moved(prediction, step.next_sigma);
    }
    const AncestralStep to(sigma_, step.next_sigma, eta_);
    return eta_ == 0 ? moved(prediction, to.down)
                     : moved(prediction, to.down) + noise.draw() * static_cast<float>(to.up);
  }

 private:
  // From where the step began, towards what is predicted now.
  at::Tensor moved(const Prediction& prediction, double to) const {
    const auto kept = static_cast<float>(to / sigma_);
    return latents_ * kept + prediction.denoised() * (1.0f - kept);
  }

  double eta_;
  at::Tensor latents_;  // where the step that was opened began
  double sigma_ = 0;
};

}  // namespace

const SamplerMaker kDpmPlusPlus2sAncestral{make<DpmPlusPlus2sAncestralSampler>,
                                           [](std::vector<Step> levels, const LevelsContext& context, double end) {
                                             return calls_with_midpoints(levels, context, end, context.eta());
                                           }};

}  // namespace deepcache_gen
