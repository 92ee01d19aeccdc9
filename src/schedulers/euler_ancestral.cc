#include <ATen/TensorOperators.h>

#include <cmath>

#include "schedulers/variance_exploding_sampler.h"

namespace deepcache_gen {
namespace {

// Euler steps that go below the next noise level and come back to it with new noise: the ancestral sampling of DDPM
// (Ho et al., arXiv 2006.11239) in terms of sigma, after k-diffusion's sample_euler_ancestral with eta 1.
class EulerAncestralSampler final : public VarianceExplodingSampler {
 public:
  using VarianceExplodingSampler::VarianceExplodingSampler;

  at::Tensor advance(const at::Tensor& latents, const Prediction& prediction, const Step& step,
                     NoiseSource& noise) override {
    const auto from = static_cast<float>(step.sigma), to = static_cast<float>(step.next_sigma);
    const float up = std::sqrt(to * to * (from * from - to * to) / (from * from));
    const float down = std::sqrt(to * to - up * up);
    // Drawn after the last step too, where `up` is 0: diffusers does, and a seed's next draw depends on it.
    return latents + derivative(latents, prediction, step) * (down - from) + noise.draw() * up;
  }
};

}  // namespace

const SamplerMaker kEulerAncestral{make<EulerAncestralSampler>};

}  // namespace deepcache_gen
