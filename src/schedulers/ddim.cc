#include <ATen/TensorOperators.h>

#include "schedulers/noise_schedule.h"
#include "schedulers/prediction.h"
#include "schedulers/sampler_factories.h"
#include "schedulers/step_list.h"
#include "schedulers/timestep_spacing.h"

namespace deepcache_gen {
namespace {

// Denoising diffusion implicit models (Song et al., arXiv 2010.02502), deterministic: eta 0, no clipping.
class DdimSampler final : public Sampler {
 public:
  DdimSampler(const SchedulerConfig& config, int num_inference_steps, NoiseSchedule schedule)
      : Sampler(steps_at_timesteps(schedule, whole_timesteps(config, num_inference_steps)), config.prediction_type),
        schedule_(std::move(schedule)),
        stride_(config.num_train_timesteps / num_inference_steps) {
    check_timesteps(schedule_, steps());
  }

  // Equation 12 with sigma_t = 0.
  at::Tensor advance(const at::Tensor& latents, const at::Tensor& model_output, const Step& step,
                     const NoiseSource&) override {
    const int timestep = static_cast<int>(step.timestep);
    const NoiseLevel from = NoiseLevel::variance_preserving(schedule_.alpha_bar(timestep));
    const NoiseLevel to = NoiseLevel::variance_preserving(schedule_.alpha_bar(timestep - stride_));
    return predicted_denoised(prediction_type(), model_output, latents, from) * to.signal +
           predicted_noise(prediction_type(), model_output, latents, from) * to.noise;
  }

 private:
  NoiseSchedule schedule_;
  int stride_;  // in training timesteps; diffusers takes it for every spacing, though only leading has just this stride
};

}  // namespace

std::unique_ptr<Sampler> make_ddim(const SchedulerConfig& config, int num_inference_steps) {
  return std::make_unique<DdimSampler>(config, num_inference_steps, NoiseSchedule(config));
}

}  // namespace deepcache_gen
