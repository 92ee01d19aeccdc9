#include <optional>

#include "schedulers/variance_exploding_sampler.h"

namespace deepcache_gen {
namespace {

// A look at the end of every step; where no noise is left there is nothing to look at.
std::vector<Step> calls_at_both_ends(std::vector<Step> levels, const LevelsContext& context, double end) {
  std::vector<Step> calls;
  for (const Step& level : levels) {
    if (!calls.empty()) {
      calls.push_back(level);
      calls.back().opens = false;
    }
    calls.push_back(level);
  }
  if (end > 0) calls.push_back(call_at_sigma(context.training, end, false));
  return calls;
}

// Heun's second order steps along the probability flow (Karras et al., arXiv 2206.00364, algorithm 1), without churn.
class HeunSampler final : public VarianceExplodingSampler {
 public:
  using VarianceExplodingSampler::VarianceExplodingSampler;

  at::Tensor advance(const at::Tensor& latents, const Prediction& prediction, const Step& step, NoiseSource&) override {
    const LinearForm slope = derivative(latents, prediction, step);
    if (!step.opens) return start_->latents + (start_->slope + slope) / 2 * distance_;
    start_ = Start{form(latents), slope};
    distance_ = static_cast<float>(step.next_sigma) - static_cast<float>(step.sigma);
    return start_->latents + slope * distance_;
  }

 private:
  struct Start {
    LinearForm latents, slope;
  };
  std::optional<Start> start_;  // of the step that was opened
  float distance_ = 0;
};

}  // namespace

const SamplerMaker kHeun{make<HeunSampler>, calls_at_both_ends};

}  // namespace deepcache_gen
