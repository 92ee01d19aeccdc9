#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "pipeline/request.h"

namespace deepcache_gen {

/// Classifier-free guidance (Ho and Salimans, arXiv 2207.12598) of a batch, each image by its own settings.
class Guidance {
 public:
  /// None.
  Guidance() = default;
  /// `images`: the settings of each image of the batch; all of them are guided or none is.
  Guidance(const std::vector<const GenerationSettings*>& images, c10::Device device);

  /// Whether the UNet predicts for two halves: without and with the prompt.
  bool is_on() const { return scales_.defined(); }
  /// What the images are taken to instead: both halves' predictions, float32 [images, channels, height, width].
  at::Tensor combine(const at::Tensor& unconditional, const at::Tensor& conditional) const;

 private:
  at::Tensor scales_;    ///< [images, 1, 1, 1] float32
  at::Tensor rescales_;  ///< the same; undefined: none
};

}  // namespace deepcache_gen
