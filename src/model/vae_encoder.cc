#include "model/vae_encoder.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/exp.h>
#include <ATen/ops/tensor.h>

#include <utility>

namespace deepcache_gen {
namespace {

constexpr const char* kNoLatents =
    "the VAE's encoder makes values that are not finite of the picture that was given; try another --dtype or picture";

VaeHalf::Shape encoder_shape(const ModelInfo& model) {
  return {.channels = std::int64_t{model.latent_channels} * (model.vae.is_tiny ? 1 : 2), .divided_by = model.vae_scale};
}

}  // namespace

VaeEncoder::VaeEncoder(const ModelInfo& model, const Placement& placement, VaeHalf::Load load)
    : draws_(!model.vae.is_tiny),
      scaling_factor_(model.vae.scaling_factor),
      mean_(model.vae.latents_mean),
      std_(model.vae.latents_std),
      model_dtype_(placement.dtype),
      half_(model, kVaeEncoder, encoder_shape(model), placement, std::move(load)) {}

VaeEncoder::Moments VaeEncoder::encode(const at::Tensor& picture, std::optional<int> tile_pixels) const {
  const VaeHalf::Output output = half_.run(picture, tile_pixels, kNoLatents);
  if (!draws_) return {output.values, {}, output.retried_in_float32};
  const std::vector<at::Tensor> halves = output.values.chunk(2, 0);
  return {halves[0], halves[1], output.retried_in_float32};
}

at::Tensor VaeEncoder::sample(const Moments& moments, const at::Tensor& noise) const {
  at::Tensor latents = moments.mean;
  if (draws_) {
    // diffusers' DiagonalGaussianDistribution.
    latents = latents + at::exp(0.5 * moments.log_variance.clamp(-30, 20)) * noise.to(latents.options());
  }
  return scaled(latents.to(model_dtype_)).to(c10::ScalarType::Float);
}

at::Tensor VaeEncoder::scaled(const at::Tensor& latents) const {
  if (mean_.empty() || std_.empty()) return scaling_factor_ * latents;
  const auto per_channel = [&](const std::vector<double>& values) {
    return at::tensor(values, latents.options()).view({-1, 1, 1});
  };
  return (latents - per_channel(mean_)) * scaling_factor_ / per_channel(std_);
}

}  // namespace deepcache_gen
