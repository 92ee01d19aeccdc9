#include "pipeline/denoising_loop.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/lerp.h>

#include <algorithm>

#include "backend/annotation.h"
#include "pipeline/tensor_history.h"

namespace deepcache_gen {
namespace {

// Within a step of two calls the latents count as noisy as at its end, which is what diffusers' schedulers say of them.
// At the end of the way nothing is left of the noise.
at::Tensor as_noisy_as_after(const KeptLatents& kept, const Sampler& sampler, const Step& done) {
  const auto next = std::find_if(sampler.steps().begin() + done.index + 1, sampler.steps().end(),
                                 [](const Step& step) { return step.opens; });
  return next == sampler.steps().end() ? kept.picture : sampler.add_noise(kept.picture, kept.noise, *next);
}

at::Tensor with_kept(const KeptLatents& kept, const Sampler& sampler, const Step& done, const at::Tensor& latents) {
  const at::Tensor picture = as_noisy_as_after(kept, sampler, done);
  if (!latents.is_cpu()) return at::lerp(picture, latents, kept.mask);  // the same, at once
  return (1 - kept.mask) * picture + kept.mask * latents;
}

// What a call that runs nothing says is what the last full one said of the picture.
Prediction predict(Sampler& sampler, Denoiser& denoiser, const Step& step, const at::Tensor& latents,
                   TensorHistory& denoised) {
  if (denoiser.skips_next()) {
    denoiser.skip();
    return sampler.prediction_of(latents, denoised.at(step.sigma, denoiser.done().extrapolation), step);
  }
  const at::Tensor input = sampler.scale_model_input(latents, step);
  Prediction prediction = sampler.prediction(latents, denoiser.predict(input, step.timestep, step.sigma), step);
  if (denoiser.reuses_denoised()) denoised.keep(prediction.denoised(), step.sigma);
  return prediction;
}

}  // namespace

at::Tensor run_denoising_loop(Sampler& sampler, Denoiser& denoiser, int calls, at::Tensor latents, NoiseSource& noise,
                              const KeptLatents* kept, const std::function<void(const LoopState&)>& between_calls) {
  const Annotation annotation("denoising");
  TensorHistory denoised;
  between_calls({0, latents, {}});
  for (int call = 0; call < calls; ++call) {
    const Step& step = sampler.steps().at(static_cast<std::size_t>(call));
    const Prediction prediction = predict(sampler, denoiser, step, latents, denoised);
    latents = sampler.advance(latents, prediction, step, noise);
    if (kept) latents = with_kept(*kept, sampler, step, latents);
    between_calls({call + 1, latents, [&] { return prediction.denoised(); }});
  }
  return latents;
}

}  // namespace deepcache_gen
