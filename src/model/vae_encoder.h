#pragma once

#include <optional>

#include "model/vae_half.h"

namespace deepcache_gen {

/// The encoder of a variational autoencoder: pictures to latents.
class VaeEncoder {
 public:
  /// As `VaeDecoder`: float32 instead of float16 where the model asks for it.
  VaeEncoder(const ModelInfo& model, const Placement& placement, VaeHalf::Load load);

  /// Whether latents are drawn from a distribution; false for AutoencoderTiny (TAESD), which gives the latents.
  bool draws() const { return draws_; }

  /// Of the latents of a picture, [channels, height / scale, width / scale], in the VAE's dtype on its device.
  struct Moments {
    at::Tensor mean;
    at::Tensor log_variance;  ///< undefined: there is none, the mean is the latents
    bool retried_in_float32;  ///< the first try overflowed its dtype
  };
  /// `picture`: float32, [3, height, width], in -1..1, its sides multiples of the VAE's scale. `tile_pixels`: unset:
  /// not in tiles. Throws `Error` as `VaeHalf::run` does.
  Moments encode(const at::Tensor& picture, std::optional<int> tile_pixels = {}) const;

  /// Latents as the UNet has them, in float32 on the device: the mean, and of the noise as much as the variance says,
  /// scaled; every step is rounded to the dtype in which diffusers' pipelines do it. `noise`: standard normal, of the
  /// mean's shape; not looked at where nothing is drawn.
  at::Tensor sample(const Moments& moments, const at::Tensor& noise) const;

 private:
  at::Tensor scaled(const at::Tensor& latents) const;

  bool draws_;
  double scaling_factor_;
  std::vector<double> mean_, std_;
  c10::ScalarType model_dtype_;
  VaeHalf half_;
};

}  // namespace deepcache_gen
