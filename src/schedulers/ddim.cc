#include <ATen/TensorOperators.h>

#include "schedulers/sampler.h"

namespace deepcache_gen {
namespace {

// Denoising diffusion implicit models (Song et al., arXiv 2010.02502), deterministic: eta 0, no clipping.
class DdimSampler final : public Sampler {
 public:
  explicit DdimSampler(const SamplerPlan& plan)
      : Sampler(plan), schedule_(plan.config), stride_(plan.config.num_train_timesteps / plan.num_inference_steps) {}

  // Equation 12 with sigma_t = 0.
  at::Tensor advance(const at::Tensor&, const Prediction& prediction, const Step& step, NoiseSource&) override {
    const int timestep = static_cast<int>(step.timestep) - stride_;
    const NoiseLevel to = NoiseLevel::variance_preserving(schedule_.alpha_bar(timestep));
    return prediction.denoised() * to.signal + prediction.noise() * to.noise;
  }

 private:
  NoiseLevel level(const Step& step) const override {
    return NoiseLevel::variance_preserving(schedule_.alpha_bar(static_cast<int>(step.timestep)));
  }

  NoiseSchedule schedule_;
  int stride_;  // in training timesteps; diffusers takes it for every spacing, though only leading has just this stride
};

}  // namespace

const SamplerMaker kDdim{make<DdimSampler>};

}  // namespace deepcache_gen
