#include <cmath>

#include "schedulers/timestep_sampler.h"

namespace deepcache_gen {
namespace {

// Multistep sampling of a latent consistency model (Luo et al., arXiv 2310.04378, algorithm 3): what the model says is
// the picture, to which new noise is added for the next look.
class LcmSampler final : public TimestepSampler {
 public:
  explicit LcmSampler(const SamplerPlan& plan)
      : TimestepSampler(plan), timestep_scaling_(plan.config.timestep_scaling) {}

  at::Tensor advance(const at::Tensor& latents, const Prediction& prediction, const Step& step,
                     NoiseSource& noise) override {
    // The boundary condition, c_skip and c_out with sigma_data 0.5 (section 4.1 there).
    constexpr double kSigmaData = 0.5;
    const double time = step.timestep * timestep_scaling_;
    const double squares = time * time + kSigmaData * kSigmaData;
    const LinearForm picture = prediction.denoised() * static_cast<float>(time / std::sqrt(squares)) +
                               form(latents) * static_cast<float>(kSigmaData * kSigmaData / squares);
    const std::optional<int> next = next_timestep(step);
    if (!next) return picture;
    const NoiseLevel to = NoiseLevel::variance_preserving(alpha_bar(*next));
    return picture * to.signal + form(noise.draw()) * to.noise;
  }

 private:
  double timestep_scaling_;
};

}  // namespace

const SamplerMaker kLcm{make<LcmSampler>};

}  // namespace deepcache_gen
