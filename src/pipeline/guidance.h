#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "pipeline/request.h"

namespace deepcache_gen {

/// Guidance of a batch, each image by its own settings: classifier-free (Ho and Salimans, arXiv 2207.12598), or
/// embedded in a UNet that was distilled from guided ones (Meng et al., arXiv 2210.03142).
class Guidance {
 public:
  /// None.
  Guidance() = default;
  /// `images`: the settings of each image of the batch, alike in `guided` and `guidance_is_embedded`.
  Guidance(const std::vector<const GenerationSettings*>& images, c10::Device device);

  /// Whether the UNet predicts for two halves: without and with the prompt.
  bool is_on() const { return scales_.defined(); }
  /// What the images are taken to instead: both halves' predictions, float32 [images, channels, height, width].
  at::Tensor combine(const at::Tensor& unconditional, const at::Tensor& conditional) const;
  /// What a UNet that embeds guidance is told, float32 [images]: guidance scale - 1; undefined where none does.
  const at::Tensor& embedded() const { return embedded_; }

 private:
  at::Tensor scales_;    ///< [images, 1, 1, 1] float32; undefined: no classifier-free guidance
  at::Tensor rescales_;  ///< the same; undefined: none
  at::Tensor embedded_;
};

}  // namespace deepcache_gen
