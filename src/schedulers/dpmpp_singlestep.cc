#include <cmath>
#include <optional>

#include "schedulers/sampler.h"

namespace deepcache_gen {
namespace {

// DPM-Solver++(2S) (Lu et al., arXiv 2211.01095, algorithm 1), as diffusers runs it: two of the steps that are asked
// for are one step of the solver, of which the first is of first order, and the second starts again where the first
// did. The last step, and of an even number the last two, are of first order.
class DpmPlusPlusSinglestepSampler final : public Sampler {
 public:
  explicit DpmPlusPlusSinglestepSampler(const SamplerPlan& plan)
      : Sampler(plan),
        first_call_(plan.first_call),
        steps_(plan.num_inference_steps),
        is_heun_(plan.config.solver.type.value_or(SolverType::midpoint) == SolverType::heun) {}

  at::Tensor advance(const at::Tensor& latents, const Prediction& prediction, const Step& step, NoiseSource&) override {
    const NoiseLevel from = level(step);
    const NoiseLevel to = NoiseLevel::variance_preserving_sigma(static_cast<float>(step.next_sigma));
    const LinearForm denoised = prediction.denoised();
    if (step.index > 0 && is_second(first_call_ + step.index)) return second_order(denoised, from, to);
    start_ = Start{form(latents), denoised, from};
    return moved(from, to);
  }

 private:
  struct Start {
    LinearForm latents, denoised;
    NoiseLevel level;
  };

  bool is_second(int call) const { return call % 2 == 1 && call + 1 < steps_; }

  static float weight(const NoiseLevel& from, const NoiseLevel& to) {
    return to.signal * (std::exp(from.lambda() - to.lambda()) - 1.0f);
  }

  // From the start on, by what was denoised there.
  LinearForm moved(const NoiseLevel& from, const NoiseLevel& to) const {
    return start_->latents * (to.noise / from.noise) - start_->denoised * weight(from, to);
  }

  LinearForm second_order(const LinearForm& denoised, const NoiseLevel& middle, const NoiseLevel& to) const {
    const float h = to.lambda() - start_->level.lambda();
    const float ratio = (middle.lambda() - start_->level.lambda()) / h;
    const LinearForm slope = (denoised - start_->denoised) * (1.0f / ratio);
    const float all = weight(start_->level, to);
    return moved(start_->level, to) + slope * (is_heun_ ? all / h + to.signal : -0.5f * all);
  }

  int first_call_, steps_;
  bool is_heun_;
  std::optional<Start> start_;  // of the solver's step
};

}  // namespace

const SamplerMaker kDpmPlusPlus2s{make<DpmPlusPlusSinglestepSampler>};

}  // namespace deepcache_gen
