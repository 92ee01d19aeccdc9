#include "model/vae_decoder.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/tensor.h>

#include "model/part_output.h"
#include "support/error.h"

namespace deepcache_gen {
namespace {

constexpr c10::ScalarType kFloat32 = c10::ScalarType::Float;

Placement vae_placement(const ModelInfo& model, const Placement& placement) {
  const bool upcast = model.vae.force_upcast && placement.dtype == c10::ScalarType::Half;
  return {placement.device, upcast ? kFloat32 : placement.dtype};
}

bool is_finite(const at::Tensor& tensor) { return at::isfinite(tensor).all().item<bool>(); }

}  // namespace

VaeDecoder::VaeDecoder(const ModelInfo& model, const Placement& placement, Load load)
    : name_(model.part(kVaeDecoder).file),
      scale_(model.vae_scale),
      scaling_factor_(model.vae.scaling_factor),
      mean_(model.vae.latents_mean),
      std_(model.vae.latents_std),
      placement_(vae_placement(model, placement)),
      load_(std::move(load)),
      module_(load_(placement_.dtype)) {}

VaeDecoder::Decoded VaeDecoder::decode(const at::Tensor& latents) const {
  at::Tensor output = run(*module_, placement_.dtype, latents);
  const bool retry = placement_.dtype != kFloat32 && !is_finite(output);
  if (retry) output = run(in_float32(), kFloat32, latents);
  if (!is_finite(output)) {
    throw Error("the picture has values that are not finite; try another --dtype, seed or guidance scale");
  }
  // In the VAE's dtype and only then float32, which is diffusers' order of rounding.
  return {(output * 0.5 + 0.5).clamp(0, 1).to(at::kCPU, kFloat32), retry};
}

const Module& VaeDecoder::in_float32() const {
  if (!in_float32_) in_float32_ = load_(kFloat32);
  return *in_float32_;
}

at::Tensor VaeDecoder::run(const Module& module, c10::ScalarType dtype, const at::Tensor& latents) const {
  const at::Tensor picture = run_part(module, name_, {unscaled(latents).unsqueeze(0).to(placement_.device, dtype)});
  require_sizes(picture, name_, {1, 3, latents.size(1) * scale_, latents.size(2) * scale_});
  return picture.squeeze(0);
}

at::Tensor VaeDecoder::unscaled(const at::Tensor& latents) const {
  if (mean_.empty() || std_.empty()) return latents / scaling_factor_;
  const auto per_channel = [&](const std::vector<double>& values) {
    return at::tensor(values, latents.options()).view({-1, 1, 1});
  };
  return latents * per_channel(std_) / scaling_factor_ + per_channel(mean_);
}

}  // namespace deepcache_gen
