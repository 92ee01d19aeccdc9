#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "backend/placement.h"
#include "caching/cache_plan.h"
#include "model/conditioning.h"
#include "model/unet_ladder.h"

namespace deepcache_gen {

/// What the UNet is told about the prompts of a batch, for its whole loop.
struct Guidance {
  Conditioning conditioning;  ///< with guidance: the unconditional half first, then the conditional one
  std::vector<double>
      scales;  ///< of each image, classifier-free guidance (Ho and Salimans, arXiv 2207.12598); empty: none
};

/// DeepCache: asks the UNet for its prediction, the whole of it on a full step, its outermost rungs on a cached one.
/// The deep feature lives as long as the denoiser, which lives as long as one batch, so nothing can leak into the next.
class Denoiser {
 public:
  /// `unet` and `plan` must outlive the denoiser; the plan's first step must be full.
  Denoiser(const UNetLadder& unet, const Placement& placement, const CachePlan& plan, Guidance guidance);

  /// The guided model output (epsilon or v), float32 [images, channels, height, width], of the next step of the plan.
  /// `latents`: the same shape, scaled as the sampler scales a model's input. Call it once per step, in order.
  at::Tensor predict(const at::Tensor& latents, double timestep);

  /// What the last full step kept; undefined before the first.
  const at::Tensor& deep_feature() const { return deep_feature_; }

 private:
  at::Tensor run_unet(const UNetInput& input);
  at::Tensor guide(const at::Tensor& model_output) const;

  const UNetLadder& unet_;
  const Placement placement_;
  const CachePlan& plan_;
  const Conditioning conditioning_;
  const at::Tensor scales_;  ///< [images, 1, 1, 1] float32; undefined: no guidance
  std::size_t next_step_ = 0;
  at::Tensor deep_feature_;
};

}  // namespace deepcache_gen
