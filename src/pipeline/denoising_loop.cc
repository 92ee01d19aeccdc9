#include "pipeline/denoising_loop.h"

namespace deepcache_gen {

at::Tensor run_denoising_loop(Sampler& sampler, Denoiser& denoiser, int calls, at::Tensor latents, NoiseSource& noise,
                              const std::function<void(const LoopState&)>& between_calls) {
  between_calls({0, latents, {}});
  for (int call = 0; call < calls; ++call) {
    const Step& step = sampler.steps().at(static_cast<std::size_t>(call));
    const at::Tensor input = sampler.scale_model_input(latents, step);
    const at::Tensor model_output = denoiser.predict(input, step.timestep);
    const Prediction prediction = sampler.prediction(latents, model_output, step);
    latents = sampler.advance(latents, prediction, step, noise);
    between_calls({call + 1, latents, [&] { return prediction.denoised(); }});
  }
  return latents;
}

}  // namespace deepcache_gen
