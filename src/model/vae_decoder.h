#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <memory>
#include <string>

#include "backend/module.h"
#include "backend/placement.h"
#include "model/model_info.h"

namespace deepcache_gen {

/// The decoder of a variational autoencoder (Rombach et al., arXiv 2112.10752, section 3.1): latents to pictures.
class VaeDecoder {
 public:
  /// Loads the decoder in a dtype, on the device of the model.
  using Load = std::function<std::unique_ptr<Module>(c10::ScalarType)>;
  /// In float16 a VAE that `model` marks with force_upcast is loaded in float32 instead, as diffusers does for SDXL.
  VaeDecoder(const ModelInfo& model, const Placement& placement, Load load);

  /// A decoded picture: float32 on the CPU, [3, height, width], in 0..1.
  struct Decoded {
    at::Tensor picture;
    bool retried_in_float32;  ///< the first try overflowed its dtype
  };
  /// `latents`: [channels, height, width], float32. Throws `Error` if even float32 gives numbers that are not finite,
  /// or if what the decoder returns is no picture of the size that belongs to the latents.
  Decoded decode(const at::Tensor& latents) const;

 private:
  const Module& in_float32() const;
  at::Tensor run(const Module& module, c10::ScalarType dtype, const at::Tensor& latents) const;
  at::Tensor unscaled(const at::Tensor& latents) const;

  std::string name_;
  std::int64_t scale_;  // pixels per latent, along one side
  double scaling_factor_;
  std::vector<double> mean_, std_;
  Placement placement_;
  Load load_;
  std::unique_ptr<Module> module_;
  // Loaded when it is first needed, since many models never overflow, and then kept: its memory is not among what was
  // free when the size of batches was decided.
  mutable std::unique_ptr<Module> in_float32_;
};

}  // namespace deepcache_gen
