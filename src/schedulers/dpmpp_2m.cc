#include <ATen/TensorOperators.h>

#include <cmath>

#include "schedulers/sampler.h"

namespace deepcache_gen {
namespace {

// The logarithm of the signal-to-noise ratio, halved: the time that the solver integrates over.
float lambda(const NoiseLevel& level) { return std::log(level.signal) - std::log(level.noise); }

// DPM-Solver++(2M) (Lu et al., arXiv 2211.01095, algorithm 2), midpoint form, first order for the first and last steps.
class DpmPlusPlus2mSampler final : public Sampler {
 public:
  using Sampler::Sampler;

  at::Tensor advance(const at::Tensor& latents, const Prediction& prediction, const Step& step, NoiseSource&) override {
    const NoiseLevel from = level(step);
    const NoiseLevel to = NoiseLevel::variance_preserving_sigma(static_cast<float>(step.next_sigma));
    const float distance = lambda(to) - lambda(from);
    const float weight = to.signal * (std::exp(-distance) - 1.0f);

    const at::Tensor denoised = prediction.denoised();
    at::Tensor next = latents * (to.noise / from.noise) - denoised * weight;
    if (step.index > 0 && step.next_sigma > 0) {
      const float ratio = (lambda(from) - previous_lambda_) / distance;
      next = next - (denoised - previous_denoised_) * (1.0f / ratio) * (0.5f * weight);
    }
    previous_denoised_ = denoised;
    previous_lambda_ = lambda(from);
    return next;
  }

 private:
  at::Tensor previous_denoised_;
  float previous_lambda_ = 0;
};

}  // namespace

const SamplerMaker kDpmPlusPlus2m{make<DpmPlusPlus2mSampler>};

}  // namespace deepcache_gen
