#include <ATen/TensorOperators.h>

#include <cmath>

#include "schedulers/sampler.h"

namespace deepcache_gen {
namespace {

// Strategic stochastic sampling of a trajectory consistency model (Zheng et al., arXiv 2402.19159, algorithm 4): a step
// goes below the next level, by eta (gamma there), and comes back with new noise; eta 0 goes straight there.
class TcdSampler final : public Sampler {
 public:
  explicit TcdSampler(const SamplerPlan& plan) : Sampler(plan), training_(plan.training), eta_(plan.eta()) {}

  at::Tensor advance(const at::Tensor&, const Prediction& prediction, const Step& step, NoiseSource& noise) override {
    const auto next = static_cast<std::size_t>(step.index) + 1;
    const bool is_last = next == steps().size();
    const int to = is_last ? 0 : static_cast<int>(steps()[next].timestep);
    const float below =
        training_.alpha_bar(static_cast<int>(std::floor(static_cast<float>(1 - eta_) * static_cast<float>(to))));
    const NoiseLevel level = NoiseLevel::variance_preserving(below);
    const at::Tensor there = prediction.denoised() * level.signal + prediction.noise() * level.noise;
    if (eta_ == 0 || is_last) return there;
    const float kept = training_.alpha_bar(to) / below;
    return there * std::sqrt(kept) + noise.draw() * std::sqrt(1.0f - kept);
  }

 private:
  NoiseLevel level(const Step& step) const override {
    return NoiseLevel::variance_preserving(training_.alpha_bar(static_cast<int>(step.timestep)));
  }

  NoiseSchedule training_;
  double eta_;
};

}  // namespace

const SamplerMaker kTcd{make<TcdSampler>};

}  // namespace deepcache_gen
