#include "schedulers/ancestral_step.h"
#include "schedulers/midpoint_sampler.h"

namespace deepcache_gen {
namespace {

// DPM-Solver++(2S) (Lu et al., arXiv 2211.01095, algorithm 1, with the middle in lambda) with ancestral steps, after
// k-diffusion's sample_dpmpp_2s_ancestral.
class DpmPlusPlus2sAncestralSampler final : public MidpointSampler {
 public:
  using MidpointSampler::MidpointSampler;

  at::Tensor advance(const at::Tensor& latents, const Prediction& prediction, const Step& step,
                     NoiseSource& noise) override {
    begin(latents, step);
    if (step.opens) return moved(prediction, step.next_sigma);
    const AncestralStep to(start_sigma(), step.next_sigma, eta());
    const LinearForm end = moved(prediction, to.down);
    return eta() == 0 ? end : end + form(noise.draw()) * static_cast<float>(to.up);
  }
};

}  // namespace

const SamplerMaker kDpmPlusPlus2sAncestral{make<DpmPlusPlus2sAncestralSampler>,
                                           [](std::vector<Step> levels, const LevelsContext& context, double end) {
                                             return calls_with_midpoints(levels, context, end, context.eta());
                                           }};

}  // namespace deepcache_gen
