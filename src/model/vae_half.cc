#include "model/vae_half.h"

#include <ATen/ops/isfinite.h>

#include <utility>

#include "model/part_output.h"
#include "model/vae_tiling.h"
#include "support/error.h"

namespace deepcache_gen {
namespace {

constexpr c10::ScalarType kFloat32 = c10::ScalarType::Float;

// Of a tile or the whole: what comes after it need not be made.
struct NotFinite {};

Placement vae_placement(const ModelInfo& model, const Placement& placement) {
  const bool upcast = model.vae.force_upcast && placement.dtype == c10::ScalarType::Half;
  return {placement.device, upcast ? kFloat32 : placement.dtype};
}

}  // namespace

VaeHalf::VaeHalf(const ModelInfo& model, const std::string& role, const Shape& shape, const Placement& placement,
                 Load load)
    : name_(model.part(role).file),
      shape_(shape),
      fades_tiles_(model.vae.is_tiny),
      placement_(vae_placement(model, placement)),
      load_(std::move(load)),
      module_(load_(placement_.dtype)) {}

VaeHalf::Output VaeHalf::run(const at::Tensor& input, std::optional<int> tile_pixels,
                             const std::string& problem) const {
  try {
    return {run_in(*module_, input.to(placement_.device, placement_.dtype), tile_pixels), false};
  } catch (const NotFinite&) {
    // Once more below, where there is a wider dtype.
  }
  try {
    if (placement_.dtype != kFloat32) {
      return {run_in(in_float32(), input.to(placement_.device, kFloat32), tile_pixels), true};
    }
  } catch (const NotFinite&) {
    // As below.
  }
  throw Error(problem);
}

const Module& VaeHalf::in_float32() const {
  if (!in_float32_) in_float32_ = load_(kFloat32);
  return *in_float32_;
}

at::Tensor VaeHalf::run_in(const Module& module, const at::Tensor& input, std::optional<int> tile_pixels) const {
  if (!tile_pixels) return run_tile(module, input);
  const bool enlarges = shape_.times > shape_.divided_by;
  const std::int64_t scale = enlarges ? shape_.times : shape_.divided_by, latents = *tile_pixels / scale;
  const TileSides sides = enlarges ? TileSides{latents, latents * scale} : TileSides{latents * scale, latents};
  const auto run = [&](const at::Tensor& tile) { return run_tile(module, tile.contiguous()); };
  return fades_tiles_ ? run_faded_tiles(input, sides, run) : run_blended_tiles(input, sides, run);
}

at::Tensor VaeHalf::run_tile(const Module& module, const at::Tensor& tile) const {
  const auto side = [&](int dimension) { return tile.size(dimension) * shape_.times / shape_.divided_by; };
  const at::Tensor output = run_part(module, name_, {tile.unsqueeze(0)});
  require_sizes(output, name_, {1, shape_.channels, side(1), side(2)});
  if (!at::isfinite(output).all().item<bool>()) throw NotFinite{};
  return output.squeeze(0);
}

}  // namespace deepcache_gen
