#include "pipeline/denoising_loop.h"

#include <ATen/TensorOperators.h>

namespace deepcache_gen {

at::Tensor run_denoising_loop(Sampler& sampler, Denoiser& denoiser, BatchNoise& noise, c10::Device device,
                              const std::function<void(const LoopState&)>& between_steps) {
  const NoiseSource draw = [&] { return noise.draw().to(device); };
  at::Tensor latents = draw() * sampler.init_noise_sigma();
  between_steps({0, latents, {}});
  for (const Step& step : sampler.steps()) {
    const at::Tensor input = sampler.scale_model_input(latents, step);
    const at::Tensor model_output = denoiser.predict(input, step.timestep);
    const at::Tensor before = latents;
    latents = sampler.advance(before, model_output, step, draw);
    between_steps({step.index + 1, latents, [&] { return sampler.denoised_estimate(before, model_output, step); }});
  }
  return latents;
}

}  // namespace deepcache_gen
