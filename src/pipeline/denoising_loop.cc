#include "pipeline/denoising_loop.h"

namespace deepcache_gen {

at::Tensor run_denoising_loop(Sampler& sampler, Denoiser& denoiser, const std::vector<PlannedCall>& calls,
                              at::Tensor latents, const NoiseSource& noise,
                              const std::function<void(const LoopState&)>& between_calls) {
  int done = 0;
  between_calls({done, latents, {}});
  for (const PlannedCall& call : calls) {
    const Step& step = sampler.steps().at(static_cast<std::size_t>(call.index));
    const at::Tensor input = sampler.scale_model_input(latents, step);
    const at::Tensor model_output = denoiser.predict(input, step.timestep);
    const at::Tensor before = latents;
    latents = sampler.advance(before, model_output, step, noise);
    between_calls({++done, latents, [&] { return sampler.denoised_estimate(before, model_output, step); }});
  }
  return latents;
}

}  // namespace deepcache_gen
