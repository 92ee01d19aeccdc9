#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "backend/module.h"
#include "backend/placement.h"
#include "model/model_info.h"

namespace deepcache_gen {

/// One half of a variational autoencoder (Rombach et al., arXiv 2112.10752, section 3.1), whole or tile by tile, and
/// once more in float32 where its dtype overflows.
class VaeHalf {
 public:
  /// Loads the half in a dtype, on the device of the model.
  using Load = std::function<std::unique_ptr<Module>(c10::ScalarType)>;
  /// What it makes of an input: so many channels, each side so many times as long.
  struct Shape {
    std::int64_t channels;
    std::int64_t times = 1, divided_by = 1;
  };
  /// `role`: kVaeDecoder or kVaeEncoder. In float16 a VAE that `model` marks with force_upcast is loaded in float32
  /// instead, as diffusers does for SDXL.
  VaeHalf(const ModelInfo& model, const std::string& role, const Shape& shape, const Placement& placement, Load load);

  struct Output {
    at::Tensor values;        ///< [channels, height, width] in the dtype that it was made in, on the device; finite
    bool retried_in_float32;  ///< the first try overflowed its dtype
  };
  /// `input`: float32, [channels, height, width]. `tile_pixels`: the side of a tile; unset: none (model/vae_tiling.h).
  /// Throws `Error` if even float32 gives numbers that are not finite, which is `problem`, or if what the module
  /// returns has other sizes than the shape's.
  Output run(const at::Tensor& input, std::optional<int> tile_pixels, const std::string& problem) const;

 private:
  const Module& in_float32() const;
  at::Tensor run_in(const Module& module, const at::Tensor& input, std::optional<int> tile_pixels) const;
  at::Tensor run_tile(const Module& module, const at::Tensor& tile) const;

  std::string name_;
  Shape shape_;
  bool fades_tiles_;
  Placement placement_;
  Load load_;
  std::unique_ptr<Module> module_;
  // Loaded when it is first needed, since many models never overflow, and then kept: its memory is not among what was
  // free when the size of batches was decided.
  mutable std::unique_ptr<Module> in_float32_;
};

}  // namespace deepcache_gen
