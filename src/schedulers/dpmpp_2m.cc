#include <ATen/TensorOperators.h>

#include <cmath>
#include <string>

#include "schedulers/noise_schedule.h"
#include "schedulers/prediction.h"
#include "schedulers/sampler_factories.h"
#include "schedulers/step_list.h"
#include "schedulers/timestep_spacing.h"
#include "support/error.h"

namespace deepcache_gen {
namespace {

// Unlike the other samplers, leading and linspace here count the end of the last step among the timesteps.
std::vector<double> timesteps_before_the_end(const SchedulerConfig& config, int num_inference_steps) {
  if (config.timestep_spacing == TimestepSpacing::trailing) return whole_timesteps(config, num_inference_steps);
  std::vector<double> timesteps = whole_timesteps(config, num_inference_steps + 1);
  timesteps.pop_back();
  return timesteps;
}

std::vector<Step> spread_steps(const NoiseSchedule& schedule, const std::string& name, int count) {
  const std::vector<float>& sigmas = schedule.sigmas();
  std::vector<Step> steps = steps_at_sigmas(schedule, spread_sigmas(name, sigmas.front(), sigmas.back(), count));
  for (Step& step : steps) step.timestep = std::nearbyint(step.timestep);
  return steps;
}

// A step between equal noise levels has no length in lambda, and the solver divides by it.
void check_noise_levels(const std::vector<Step>& steps) {
  for (std::size_t i = 1; i < steps.size(); ++i) {
    if (steps[i].sigma < steps[i - 1].sigma) continue;
    throw UsageError("steps is " + std::to_string(steps.size()) +
                     ", with which dpm++2m visits one noise level twice; use fewer steps");
  }
}

std::vector<Step> dpmpp_steps(const SchedulerConfig& config, int num_inference_steps) {
  const NoiseSchedule schedule(config);
  std::vector<Step> steps = config.sigma_schedule == "discrete"
                                ? steps_at_timesteps(schedule, timesteps_before_the_end(config, num_inference_steps))
                                : spread_steps(schedule, config.sigma_schedule, num_inference_steps);
  check_noise_levels(steps);
  return steps;
}

// The logarithm of the signal-to-noise ratio, halved: the time that the solver integrates over.
float lambda(const NoiseLevel& level) { return std::log(level.signal) - std::log(level.noise); }

// DPM-Solver++(2M) (Lu et al., arXiv 2211.01095, algorithm 2), midpoint form, first order for the first and last steps.
class DpmPlusPlus2mSampler final : public Sampler {
 public:
  DpmPlusPlus2mSampler(const SchedulerConfig& config, int num_inference_steps)
      : Sampler(dpmpp_steps(config, num_inference_steps), config.prediction_type) {}

  at::Tensor advance(const at::Tensor& latents, const at::Tensor& model_output, const Step& step,
                     const NoiseSource&) override {
    const NoiseLevel from = NoiseLevel::variance_preserving_sigma(static_cast<float>(step.sigma));
    const NoiseLevel to = NoiseLevel::variance_preserving_sigma(sigma_after(step));
    const float distance = lambda(to) - lambda(from);
    const float weight = to.signal * (std::exp(-distance) - 1.0f);

    const at::Tensor denoised = predicted_denoised(prediction_type(), model_output, latents, from);
    at::Tensor next = latents * (to.noise / from.noise) - denoised * weight;
    if (step.index > 0 && sigma_after(step) > 0) {
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

std::unique_ptr<Sampler> make_dpmpp_2m(const SchedulerConfig& config, int num_inference_steps) {
  return std::make_unique<DpmPlusPlus2mSampler>(config, num_inference_steps);
}

}  // namespace deepcache_gen
