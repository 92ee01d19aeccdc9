#pragma once

#include <ATen/core/Tensor.h>

#include <memory>

#include "backend/placement.h"
#include "caching/cache_policy.h"
#include "model/conditioning.h"
#include "model/unet.h"
#include "pipeline/guidance.h"

namespace deepcache_gen {

/// DeepCache: asks the UNet for its prediction, the whole of it on a full step, its outermost rungs on a cached one, as
/// a policy decides. The deep feature lives as long as the denoiser, which lives as long as one pass of one batch, so
/// nothing can leak into the next.
class Denoiser {
 public:
  /// `unet` must outlive the denoiser. `calls`: UNet calls of the pass. `conditioning`: what the UNet is told about the
  /// prompts; with guidance the unconditional half first, then the conditional one. `beside`: what the UNet reads
  /// beside the latents, further channels for each image (inpainting); undefined: nothing.
  Denoiser(const UNet& unet, const Placement& placement, std::unique_ptr<CachePolicy> policy, int calls,
           Conditioning conditioning, Guidance guidance, at::Tensor beside = {});

  /// The guided model output (epsilon or v), float32 [images, channels, height, width], of the next call of the pass.
  /// `latents`: the same shape, scaled as the sampler scales a model's input. Call it once per call, in order.
  at::Tensor predict(const at::Tensor& latents, double timestep);

  /// What the last call did. It is what the policy chose, but full where no feature that serves it had been kept.
  const Choice& done() const { return done_; }
  /// What the last full step kept; undefined before the first.
  const at::Tensor& deep_feature() const { return deep_feature_; }

 private:
  Choice next_choice();
  const Conditioning& conditioning_of(bool both_halves);
  at::Tensor run_unet(const UNetInput& input);

  const UNet& unet_;
  const Placement placement_;
  const std::unique_ptr<CachePolicy> policy_;
  const int calls_;
  const Conditioning conditioning_;
  Conditioning conditional_;  ///< its conditional half, once it was asked for: the same tensors at every call
  const Guidance guidance_;
  const at::Tensor beside_;
  int next_call_ = 0;
  Choice done_;
  int kept_branch_ = 0;  ///< of the deep feature
  at::Tensor deep_feature_;
};

}  // namespace deepcache_gen
