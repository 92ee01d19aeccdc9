#include <algorithm>
#include <cmath>

#include "schedulers/variance_exploding_sampler.h"

namespace deepcache_gen {
namespace {

// Euler steps that go below the next noise level and come back to it with new noise: the ancestral sampling of DDPM
// (Ho et al., arXiv 2006.11239) in terms of sigma, after k-diffusion's sample_euler_ancestral.
class EulerAncestralSampler final : public VarianceExplodingSampler {
 public:
  explicit EulerAncestralSampler(const SamplerPlan& plan)
      : VarianceExplodingSampler(plan), eta_(static_cast<float>(plan.eta())) {}

  at::Tensor advance(const at::Tensor& latents, const Prediction& prediction, const Step& step,
                     NoiseSource& noise) override {
    const auto from = static_cast<float>(step.sigma);
    const auto to = static_cast<float>(step.next_sigma);
    // In float32 like diffusers, so that pictures are the same to the last digit.
    const float up = std::min(to, eta_ * std::sqrt(to * to * (from * from - to * to) / (from * from)));
    const float down = std::sqrt(to * to - up * up);
    const LinearForm next = form(latents) + derivative(latents, prediction, step) * (down - from);
    // Drawn after the last step too, where `up` is 0: diffusers does, and a seed's next draw depends on it.
    return eta_ == 0 ? next : next + form(noise.draw()) * up;
  }

 private:
  float eta_;
};

}  // namespace

const SamplerMaker kEulerAncestral{make<EulerAncestralSampler>};

}  // namespace deepcache_gen
