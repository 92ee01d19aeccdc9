#include "model/vae_decoder.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/tensor.h>

#include <utility>

namespace deepcache_gen {
namespace {

constexpr std::int64_t kColours = 3;
constexpr const char* kNoPicture =
    "the picture has values that are not finite; try another --dtype, seed or guidance scale";

}  // namespace

VaeDecoder::VaeDecoder(const ModelInfo& model, const Placement& placement, Load load)
    : scaling_factor_(model.vae.scaling_factor),
      mean_(model.vae.latents_mean),
      std_(model.vae.latents_std),
      half_(model, kVaeDecoder, {.channels = kColours, .times = model.vae_scale}, placement, std::move(load)) {}

VaeDecoder::Decoded VaeDecoder::decode(const at::Tensor& latents, std::optional<int> tile_pixels) const {
  const VaeHalf::Output output = half_.run(unscaled(latents), tile_pixels, kNoPicture);
  // In the VAE's dtype and only then float32, which is diffusers' order of rounding.
  // In place, since a large picture's numbers are many.
  const at::Tensor picture = (output.values * 0.5).add_(0.5).clamp_(0, 1);
  return {picture.to(at::kCPU, c10::ScalarType::Float), output.retried_in_float32};
}

at::Tensor VaeDecoder::unscaled(const at::Tensor& latents) const {
  if (mean_.empty() || std_.empty()) return latents / scaling_factor_;
  const auto per_channel = [&](const std::vector<double>& values) {
    return at::tensor(values, latents.options()).view({-1, 1, 1});
  };
  return latents * per_channel(std_) / scaling_factor_ + per_channel(mean_);
}

}  // namespace deepcache_gen
