#include <algorithm>
#include <cmath>

#include "schedulers/timestep_sampler.h"

namespace deepcache_gen {
namespace {

// Denoising diffusion probabilistic models (Ho et al., arXiv 2006.11239), the smaller of the two variances, no
// clipping.
class DdpmSampler final : public TimestepSampler {
 public:
  using TimestepSampler::TimestepSampler;

  // Equations 6 and 7, between timesteps that need not be neighbours.
  at::Tensor advance(const at::Tensor& latents, const Prediction& prediction, const Step& step,
                     NoiseSource& noise) override {
    const float from = alpha_bar(static_cast<int>(step.timestep));
    const std::optional<int> next = next_timestep(step);
    const float to = next ? alpha_bar(*next) : 1.0f;
    const float alpha = from / to, beta = 1.0f - alpha;
    const LinearForm mean = prediction.denoised() * (std::sqrt(to) * beta / (1.0f - from)) +
                            form(latents) * (std::sqrt(alpha) * (1.0f - to) / (1.0f - from));
    if (step.timestep == 0) return mean;
    return mean + form(noise.draw()) * std::sqrt(std::max((1.0f - to) / (1.0f - from) * beta, 1e-20f));
  }
};

}  // namespace

const SamplerMaker kDdpm{make<DdpmSampler>};

}  // namespace deepcache_gen
