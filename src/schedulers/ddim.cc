#include <algorithm>
#include <cmath>

#include "schedulers/timestep_sampler.h"

namespace deepcache_gen {
namespace {

// Denoising diffusion implicit models (Song et al., arXiv 2010.02502), without clipping; eta 0 is deterministic, eta 1
// adds as much noise as DDPM.
class DdimSampler final : public TimestepSampler {
 public:
  explicit DdimSampler(const SamplerPlan& plan)
      : TimestepSampler(plan),
        stride_(plan.config.num_train_timesteps / plan.num_inference_steps),
        has_own_timesteps_(!plan.config.timesteps.empty()),
        eta_(static_cast<float>(plan.eta())) {}

  // Equations 12 and 16.
  at::Tensor advance(const at::Tensor&, const Prediction& prediction, const Step& step, NoiseSource& noise) override {
    const float from = alpha_bar(static_cast<int>(step.timestep));
    const float to = alpha_bar(end_of(step));
    const NoiseLevel level = NoiseLevel::variance_preserving(to);
    if (eta_ == 0) return prediction.denoised() * level.signal + prediction.noise() * level.noise;
    const float added = eta_ * std::sqrt((1.0f - to) / (1.0f - from) * (1.0f - from / to));
    const float kept = std::sqrt(std::max(1.0f - to - added * added, 0.0f));
    return prediction.denoised() * level.signal + prediction.noise() * kept + form(noise.draw()) * added;
  }

 private:
  int end_of(const Step& step) const {
    return has_own_timesteps_ ? next_timestep(step).value_or(-1) : static_cast<int>(step.timestep) - stride_;
  }

  int stride_;  // in training timesteps; diffusers takes it for every spacing, though only leading has just this stride
  bool has_own_timesteps_;
  float eta_;
};

}  // namespace

const SamplerMaker kDdim{make<DdimSampler>};

}  // namespace deepcache_gen
