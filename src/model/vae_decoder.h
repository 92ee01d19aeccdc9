#pragma once

#include <optional>
#include <vector>

#include "model/vae_half.h"

namespace deepcache_gen {

/// The decoder of a variational autoencoder (Rombach et al., arXiv 2112.10752, section 3.1): latents to pictures.
class VaeDecoder {
 public:
  using Load = VaeHalf::Load;
  /// In float16 a VAE that `model` marks with force_upcast is loaded in float32 instead, as diffusers does for SDXL.
  VaeDecoder(const ModelInfo& model, const Placement& placement, Load load);

  /// A decoded picture: float32 on the CPU, [3, height, width], in 0..1.
  struct Decoded {
    at::Tensor picture;
    bool retried_in_float32;  ///< the first try overflowed its dtype
  };
  /// `latents`: [channels, height, width], float32. `tile_pixels`: the side of a tile (model/vae_tiling.h); unset: not
  /// in tiles. Throws `Error` if even float32 gives numbers that are not finite, or if what the decoder returns is no
  /// picture of the size that belongs to the latents.
  Decoded decode(const at::Tensor& latents, std::optional<int> tile_pixels = {}) const;

 private:
  at::Tensor unscaled(const at::Tensor& latents) const;

  double scaling_factor_;
  std::vector<double> mean_, std_;
  VaeHalf half_;
};

}  // namespace deepcache_gen
