#include <ATen/TensorOperators.h>

#include <cmath>
#include <deque>

#include "schedulers/noise_schedule.h"
#include "schedulers/prediction.h"
#include "schedulers/sampler_factories.h"
#include "schedulers/step_list.h"
#include "schedulers/timestep_spacing.h"

namespace deepcache_gen {
namespace {

// t0, t1, t1, t2, ...: the second call looks at where the first step arrives, and the first step is taken again.
std::vector<double> timesteps_with_second_repeated(const SchedulerConfig& config, int num_inference_steps) {
  std::vector<double> timesteps = whole_timesteps(config, num_inference_steps);
  if (timesteps.size() > 1) timesteps.insert(timesteps.begin() + 1, timesteps[1]);
  return timesteps;
}

// Pseudo numerical methods for diffusion models (Liu et al., arXiv 2202.09778), linear multistep with two calls for the
// first step instead of the paper's Runge-Kutta start, as in Stable Diffusion: diffusers' skip_prk_steps.
class PndmSampler final : public Sampler {
 public:
  PndmSampler(const SchedulerConfig& config, int num_inference_steps, NoiseSchedule schedule)
      : Sampler(steps_at_timesteps(schedule, timesteps_with_second_repeated(config, num_inference_steps)),
                config.prediction_type),
        schedule_(std::move(schedule)),
        stride_(config.num_train_timesteps / num_inference_steps) {
    check_timesteps(schedule_, steps());
  }

  at::Tensor advance(const at::Tensor& latents, const at::Tensor& model_output, const Step& step,
                     const NoiseSource&) override {
    const int timestep = static_cast<int>(step.timestep);
    if (step.index == 1) {
      const at::Tensor mean = (model_output + outputs_.front()) / 2;
      return transfer(first_latents_, mean, timestep + stride_, timestep);
    }
    if (step.index == 0) first_latents_ = latents;
    outputs_.push_front(model_output);
    if (outputs_.size() > 4) outputs_.pop_back();
    return transfer(latents, extrapolated_output(), timestep, timestep - stride_);
  }

 private:
  // Adams-Bashforth of the order that the outputs at hand allow (equation 12). diffusers mixes raw model outputs, also
  // where they are v.
  at::Tensor extrapolated_output() const {
    const auto& e = outputs_;
    if (e.size() == 1) return e[0];
    if (e.size() == 2) return (3 * e[0] - e[1]) / 2;
    if (e.size() == 3) return (23 * e[0] - 16 * e[1] + 5 * e[2]) / 12;
    return (1.0 / 24) * (55 * e[0] - 59 * e[1] + 37 * e[2] - 9 * e[3]);
  }

  // Equation 9.
  at::Tensor transfer(const at::Tensor& latents, const at::Tensor& model_output, int from, int to) const {
    const float alpha_bar = schedule_.alpha_bar(from), alpha_bar_to = schedule_.alpha_bar(to);
    const NoiseLevel level = NoiseLevel::variance_preserving(alpha_bar);
    const at::Tensor epsilon = predicted_noise(prediction_type(), model_output, latents, level);
    const float denominator =
        alpha_bar * std::sqrt(1.0f - alpha_bar_to) + std::sqrt(alpha_bar * (1.0f - alpha_bar) * alpha_bar_to);
    return latents * std::sqrt(alpha_bar_to / alpha_bar) - epsilon * (alpha_bar_to - alpha_bar) / denominator;
  }

  NoiseSchedule schedule_;
  int stride_;  // in training timesteps; diffusers takes it for every spacing, though only leading has just this stride
  at::Tensor first_latents_;
  std::deque<at::Tensor> outputs_;  // the last four, newest first, without that of the second call
};

}  // namespace

std::unique_ptr<Sampler> make_pndm(const SchedulerConfig& config, int num_inference_steps) {
  return std::make_unique<PndmSampler>(config, num_inference_steps, NoiseSchedule(config));
}

}  // namespace deepcache_gen
