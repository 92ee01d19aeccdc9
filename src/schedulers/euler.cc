#include "schedulers/variance_exploding_sampler.h"

namespace deepcache_gen {
namespace {

// Euler steps along the probability flow (Karras et al., arXiv 2206.00364, algorithm 1 without the correction).
class EulerSampler final : public VarianceExplodingSampler {
 public:
  using VarianceExplodingSampler::VarianceExplodingSampler;

  at::Tensor advance(const at::Tensor& latents, const Prediction& prediction, const Step& step, NoiseSource&) override {
    const float distance = static_cast<float>(step.next_sigma) - static_cast<float>(step.sigma);
    return form(latents) + derivative(latents, prediction, step) * distance;
  }
};

}  // namespace

const SamplerMaker kEuler{make<EulerSampler>};

}  // namespace deepcache_gen
