#include <cmath>
#include <deque>

#include "schedulers/sampler.h"
#include "schedulers/solver_order.h"

namespace deepcache_gen {
namespace {

// DPM-Solver++ as a multistep method (Lu et al., arXiv 2211.01095): algorithm 2 in its midpoint or Heun form, the third
// order of table 1 there, and SDE-DPM-Solver++(2M) (section 4.4), of which eta is the share of the noise (0: none, and
// the algorithm is the other), as in k-diffusion's sample_dpmpp_2m_sde.
class DpmPlusPlusMultistepSampler final : public Sampler {
 public:
  DpmPlusPlusMultistepSampler(const SamplerPlan& plan, int usual_order)
      : Sampler(plan),
        order_(plan, usual_order),
        is_heun_(plan.config.solver.type.value_or(SolverType::midpoint) == SolverType::heun),
        eta_(static_cast<float>(plan.eta())) {}

  at::Tensor advance(const at::Tensor& latents, const Prediction& prediction, const Step& step,
                     NoiseSource& noise) override {
    const NoiseLevel from = level(step);
    const NoiseLevel to = NoiseLevel::variance_preserving_sigma(static_cast<float>(step.next_sigma));
    const float h = to.lambda() - from.lambda();
    known_.push_front({prediction.denoised(), from.lambda()});
    if (known_.size() > 3) known_.pop_back();

    const float decay = eta_ == 0 ? 1.0f : std::exp(-eta_ * h);
    const float weight = to.signal * (std::exp(-(1 + eta_) * h) - 1.0f);
    LinearForm next = form(latents) * (to.noise / from.noise * decay) - known_[0].denoised * weight;
    const int order = order_.at(step);
    if (order == 2) next = next + second_order(h, to, weight);
    if (order == 3) next = next + third_order(h, to, weight);
    if (eta_ == 0) return next;
    return next + form(noise.draw()) * (to.noise * std::sqrt(1.0f - std::exp(-2 * eta_ * h)));
  }

 private:
  struct Known {
    LinearForm denoised;
    float lambda;
  };

  // The slope of the denoised latents over lambda between two that are known, times h.
  LinearForm slope(std::size_t newer, float h) const {
    const float ratio = (known_[newer].lambda - known_[newer + 1].lambda) / h;
    return (known_[newer].denoised - known_[newer + 1].denoised) * (1.0f / ratio);
  }

  LinearForm second_order(float h, const NoiseLevel& to, float weight) const {
    if (!is_heun_) return slope(0, h) * (-0.5f * weight);
    return slope(0, h) * (weight / ((1 + eta_) * h) + to.signal);
  }

  LinearForm third_order(float h, const NoiseLevel& to, float weight) const {
    const float newer = (known_[0].lambda - known_[1].lambda) / h, older = (known_[1].lambda - known_[2].lambda) / h;
    const LinearForm bend = slope(0, h) - slope(1, h);
    const LinearForm first = slope(0, h) + bend * (newer / (newer + older));
    const LinearForm second = bend * (1.0f / (newer + older));
    const float share = weight / to.signal;  // exp(-h) - 1
    return first * (to.signal * (share / h + 1.0f)) - second * (to.signal * ((share + h) / (h * h) - 0.5f));
  }

  SolverOrder order_;
  bool is_heun_;
  float eta_;
  std::deque<Known> known_;  // the last three, newest first
};

template <int order>
std::unique_ptr<Sampler> make_multistep(const SamplerPlan& plan) {
  return std::make_unique<DpmPlusPlusMultistepSampler>(plan, order);
}

}  // namespace

const SamplerMaker kDpmPlusPlus2m{make_multistep<2>};
const SamplerMaker kDpmPlusPlus2mSde{make_multistep<2>};
const SamplerMaker kDpmPlusPlus3m{make_multistep<3>};

}  // namespace deepcache_gen
