#include <ATen/TensorOperators.h>

#include <algorithm>
#include <cmath>

#include "schedulers/sampler.h"

namespace deepcache_gen {
namespace {

// Denoising diffusion probabilistic models (Ho et al., arXiv 2006.11239), the smaller of the two variances, no
// clipping.
class DdpmSampler final : public Sampler {
 public:
  explicit DdpmSampler(const SamplerPlan& plan) : Sampler(plan), training_(plan.training) {}

  // Equations 6 and 7, between timesteps that need not be neighbours.
  at::Tensor advance(const at::Tensor& latents, const Prediction& prediction, const Step& step,
                     NoiseSource& noise) override {
    const float from = training_.alpha_bar(static_cast<int>(step.timestep)), to = next_alpha_bar(step);
    const float alpha = from / to, beta = 1.0f - alpha;
    const at::Tensor mean = prediction.denoised() * (std::sqrt(to) * beta / (1.0f - from)) +
                            latents * (std::sqrt(alpha) * (1.0f - to) / (1.0f - from));
    if (step.timestep == 0) return mean;
    return mean + noise.draw() * std::sqrt(std::max((1.0f - to) / (1.0f - from) * beta, 1e-20f));
  }

 private:
  NoiseLevel level(const Step& step) const override {
    return NoiseLevel::variance_preserving(training_.alpha_bar(static_cast<int>(step.timestep)));
  }

  float next_alpha_bar(const Step& step) const {
    const auto next = static_cast<std::size_t>(step.index) + 1;
    return next < steps().size() ? training_.alpha_bar(static_cast<int>(steps()[next].timestep)) : 1.0f;
  }

  NoiseSchedule training_;
};

}  // namespace

const SamplerMaker kDdpm{make<DdpmSampler>};

}  // namespace deepcache_gen
