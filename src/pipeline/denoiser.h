#pragma once

#include <ATen/core/Tensor.h>

#include <optional>
#include <vector>

#include "backend/placement.h"
#include "caching/cache_policy.h"
#include "model/conditioning.h"
#include "model/unet.h"
#include "pipeline/control_pass.h"
#include "pipeline/guidance.h"
#include "pipeline/tensor_history.h"

namespace deepcache_gen {

/// DeepCache: asks the UNet for its prediction, the whole of it on a full step, its outermost rungs on a cached one, as
/// was planned. The deep feature lives as long as the denoiser, which lives as long as one pass of one batch, so
/// nothing can leak into the next.
class Denoiser {
 public:
  /// `unet` must outlive the denoiser. `calls`: what each UNet call of the pass is to do. `conditioning`: what the UNet
  /// is told about the prompts; with guidance the unconditional half first, then the conditional one. `beside`: what
  /// the UNet reads beside the latents, further channels for each image (inpainting); undefined: nothing.
  /// `control`: what control nets add; unset: there are none.
  Denoiser(const UNet& unet, const Placement& placement, std::vector<Choice> calls, Conditioning conditioning,
           Guidance guidance, at::Tensor beside = {}, std::optional<ControlPass> control = {});

  /// The guided model output (epsilon or v), float32 [images, channels, height, width], of the next call of the pass.
  /// `latents`: the same shape, scaled as the sampler scales a model's input. `sigma`: their noise level. Call
  /// it once per call, in order.
  at::Tensor predict(const at::Tensor& latents, double timestep, double sigma);

  /// Whether any call reuses what the last full one said the picture will be.
  bool reuses_denoised() const;
  /// Whether the next call runs nothing of the UNet; then `skip` is called instead of `predict`.
  bool skips_next() const;
  void skip();

  /// What the last call did. It is what was planned, but full where no feature that serves it had been kept.
  const Choice& done() const { return done_; }
  /// What the last full step kept; undefined before the first.
  const at::Tensor& deep_feature() const { return history_.last(); }

 private:
  at::Tensor own_floats(const at::Tensor& output) const;
  Choice next_choice();
  const Conditioning& conditioning_of(bool both_halves);
  std::optional<UNetResiduals> control_residuals(const UNetInput& input);
  at::Tensor run_unet(const UNetInput& input, double sigma);
  at::Tensor guided(const at::Tensor& model_output, bool both_halves);

  const UNet& unet_;
  const Placement placement_;
  const std::vector<Choice> calls_;
  const Conditioning conditioning_;
  Conditioning conditional_;  ///< its conditional half, once it was asked for: the same tensors at every call
  const Guidance guidance_;
  const at::Tensor beside_;
  std::optional<ControlPass> control_;
  std::size_t next_call_ = 0;
  Choice done_;
  int kept_branch_ = 0;  ///< of what was kept
  TensorHistory history_;
  at::Tensor difference_;  ///< conditional less unconditional output of the last full call; undefined: of no use
};

}  // namespace deepcache_gen
