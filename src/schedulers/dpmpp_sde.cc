#include "schedulers/ancestral_step.h"
#include "schedulers/midpoint_sampler.h"

namespace deepcache_gen {
namespace {

// SDE-DPM-Solver++ with a look at the middle, in lambda, of each step (Lu et al., arXiv 2211.01095, section 4.4), after
// k-diffusion's sample_dpmpp_sde with r = 1/2. The noise of the half and of the whole step are of one Brownian path.
class DpmPlusPlusSdeSampler final : public MidpointSampler {
 public:
  using MidpointSampler::MidpointSampler;

  at::Tensor advance(const at::Tensor& latents, const Prediction& prediction, const Step& step,
                     NoiseSource& noise) override {
    begin(latents, step);
    const AncestralStep to(start_sigma(), step.next_sigma, eta());
    const LinearForm end = moved(prediction, to.down);
    return to.up == 0 ? end : end + form(noise.between(start_sigma(), step.next_sigma)) * static_cast<float>(to.up);
  }
};

}  // namespace

const SamplerMaker kDpmPlusPlusSde{make<DpmPlusPlusSdeSampler>,
                                   [](std::vector<Step> levels, const LevelsContext& context, double end) {
                                     return calls_with_midpoints(levels, context, end, 0);
                                   }};

}  // namespace deepcache_gen
