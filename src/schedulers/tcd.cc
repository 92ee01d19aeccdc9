#include <cmath>

#include "schedulers/timestep_sampler.h"

namespace deepcache_gen {
namespace {

// Strategic stochastic sampling of a trajectory consistency model (Zheng et al., arXiv 2402.19159, algorithm 4): a step
// goes below the next level, by eta (gamma there), and comes back with new noise; eta 0 goes straight there.
class TcdSampler final : public TimestepSampler {
 public:
  explicit TcdSampler(const SamplerPlan& plan) : TimestepSampler(plan), eta_(plan.eta()) {}

  at::Tensor advance(const at::Tensor&, const Prediction& prediction, const Step& step, NoiseSource& noise) override {
    const std::optional<int> next = next_timestep(step);
    const int to = next.value_or(0);
    const float below = alpha_bar(static_cast<int>(std::floor(static_cast<float>(1 - eta_) * static_cast<float>(to))));
    const NoiseLevel level = NoiseLevel::variance_preserving(below);
    const LinearForm there = prediction.denoised() * level.signal + prediction.noise() * level.noise;
    if (eta_ == 0 || !next) return there;
    const float kept = alpha_bar(to) / below;
    return there * std::sqrt(kept) + form(noise.draw()) * std::sqrt(1.0f - kept);
  }

 private:
  double eta_;
};

}  // namespace

const SamplerMaker kTcd{make<TcdSampler>};

}  // namespace deepcache_gen
