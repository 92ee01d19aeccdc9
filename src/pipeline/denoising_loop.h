#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <vector>

#include "pipeline/denoiser.h"
#include "pipeline/generation_plan.h"
#include "schedulers/sampler.h"

namespace deepcache_gen {

/// Where the loop stands between two calls.
struct LoopState {
  int done;  ///< UNet calls of this pass
  const at::Tensor& latents;
  /// The picture's latents as the last step has it (see `Prediction::denoised`); not before the first.
  std::function<at::Tensor()> denoised_estimate;
};

/// What stays of a picture while the rest is painted anew: where `mask` is 0, after every call, the picture itself, as
/// noisy as the latents then are. That is inpainting with a UNet that reads no masks.
struct KeptLatents {
  at::Tensor mask;     ///< [images, 1, height, width], 0 or 1
  at::Tensor picture;  ///< [images, channels, height, width], as `noise`
  at::Tensor noise;    ///< always the same
};

/// Takes a batch through one pass to its final latents: float32, [images, channels, height, width], on `device`.
/// `sampler`: of which the first `calls` are made. `latents`: what it begins with, as noisy as the first expects.
/// `kept`: null where all is painted. `between_calls` is called before the first call and after every one; what it
/// throws ends the loop.
at::Tensor run_denoising_loop(Sampler& sampler, Denoiser& denoiser, int calls, at::Tensor latents, NoiseSource& noise,
                              const KeptLatents* kept, const std::function<void(const LoopState&)>& between_calls);

}  // namespace deepcache_gen
