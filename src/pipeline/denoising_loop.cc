#include "pipeline/denoising_loop.h"

#include <ATen/TensorOperators.h>

namespace deepcache_gen {

at::Tensor run_denoising_loop(Sampler& sampler, Denoiser& denoiser, NoiseSource& noise,
                              const std::function<void(const LoopState&)>& between_steps) {
  at::Tensor latents = noise.draw() * sampler.init_noise_sigma();
  between_steps({0, latents, {}});
  for (const Step& step : sampler.steps()) {
    const at::Tensor input = sampler.scale_model_input(latents, step);
    const at::Tensor model_output = denoiser.predict(input, step.timestep);
    const Prediction prediction = sampler.prediction(latents, model_output, step);
    latents = sampler.advance(latents, prediction, step, noise);
    between_steps({step.index + 1, latents, [&] { return prediction.denoised(); }});
  }
  return latents;
}

}  // namespace deepcache_gen
