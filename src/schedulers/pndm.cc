#include <cmath>
#include <deque>

#include "schedulers/timestep_sampler.h"

namespace deepcache_gen {
namespace {

// t0, t1, t1, t2, ...: the second call looks at where the first step arrives, and the first step is taken again.
std::vector<Step> calls_with_second_repeated(std::vector<Step> levels, const LevelsContext&, double) {
  if (levels.size() < 2) return levels;
  Step again = levels[1];
  again.opens = false;
  levels.insert(levels.begin() + 1, again);
  return levels;
}

// Pseudo numerical methods for diffusion models (Liu et al., arXiv 2202.09778), linear multistep with two calls for the
// first step instead of the paper's Runge-Kutta start, as in Stable Diffusion: diffusers' skip_prk_steps. A way that
// starts in the middle takes its second call for that of the first step all the same, as diffusers does: there the two
// have different timesteps.
class PndmSampler final : public TimestepSampler {
 public:
  explicit PndmSampler(const SamplerPlan& plan)
      : TimestepSampler(plan), stride_(plan.config.num_train_timesteps / plan.num_inference_steps) {}

  at::Tensor advance(const at::Tensor& latents, const Prediction& prediction, const Step& step, NoiseSource&) override {
    const int timestep = static_cast<int>(step.timestep);
    if (step.index == 1) {
      const LinearForm mean = (prediction.output() + outputs_.front()) / 2;
      return transfer(form(first_latents_), mean, prediction, timestep + stride_, timestep);
    }
    if (step.index == 0) first_latents_ = latents;
    outputs_.push_front(prediction.output());
    if (outputs_.size() > 4) outputs_.pop_back();
    return transfer(form(latents), extrapolated_output(), prediction, timestep, timestep - stride_);
  }

 private:
  // Adams-Bashforth of the order that the outputs at hand allow (equation 12). diffusers mixes raw model outputs, also
  // where they are v.
  LinearForm extrapolated_output() const {
    const auto& e = outputs_;
    if (e.size() == 1) return e[0];
    if (e.size() == 2) return (3 * e[0] - e[1]) / 2;
    if (e.size() == 3) return (23 * e[0] - 16 * e[1] + 5 * e[2]) / 12;
    return (1.0 / 24) * (55 * e[0] - 59 * e[1] + 37 * e[2] - 9 * e[3]);
  }

  // Equation 9.
  LinearForm transfer(const LinearForm& latents, const LinearForm& output, const Prediction& prediction, int from,
                      int to) const {
    const float here = alpha_bar(from), there = alpha_bar(to);
    const LinearForm epsilon = prediction.of(output, latents, NoiseLevel::variance_preserving(here)).noise();
    const float denominator = here * std::sqrt(1.0f - there) + std::sqrt(here * (1.0f - here) * there);
    return latents * std::sqrt(there / here) - epsilon * (there - here) / denominator;
  }

  int stride_;  // in training timesteps; diffusers takes it for every spacing, though only leading has just this stride
  at::Tensor first_latents_;
  std::deque<LinearForm> outputs_;  // the last four, newest first, without that of the second call
};

}  // namespace

const SamplerMaker kPndm{make<PndmSampler>, calls_with_second_repeated};

}  // namespace deepcache_gen
