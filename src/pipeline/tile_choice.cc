#include "pipeline/tile_choice.h"

#include <algorithm>

#include "backend/memory_advice.h"
#include "model/vae_tile_size.h"

namespace deepcache_gen {
namespace {

// Numbers per pixel of the picture that a decoder holds at most, from above; an encoder holds fewer. Measured on the
// CPU at 1024x1024, the heap's gaps among them: 890 in Stable Diffusion's VAE, 390 in TAESD's.
constexpr std::int64_t kNumbersPerPixel = 1280, kNumbersPerPixelOfTiny = 512;

}  // namespace

std::int64_t vae_bytes(const ModelInfo& model, const Placement& placement, std::int64_t pixels) {
  const bool upcast = model.vae.force_upcast && placement.dtype == c10::ScalarType::Half;
  const auto bytes = static_cast<std::int64_t>(upcast ? sizeof(float) : c10::elementSize(placement.dtype));
  return pixels * bytes * (model.vae.is_tiny ? kNumbersPerPixelOfTiny : kNumbersPerPixel);
}

TileChoice::TileChoice(const ModelInfo& model, const Placement& placement, std::int64_t free_bytes)
    : model_(model), placement_(placement), free_bytes_(free_bytes), own_tile_(sparing_tile_pixels(model)) {}

bool TileChoice::helps(int width, int height) const { return std::max(width, height) > own_tile_; }

std::optional<int> TileChoice::tile_by_estimate(int width, int height, const Warn& warn) {
  const bool fits = vae_bytes(model_, placement_, std::int64_t{width} * height) <= free_bytes_;
  if (fits || !helps(width, height)) return {};
  return tile_by_itself(width, height, warn);
}

int TileChoice::tile_by_itself(int width, int height, const Warn& warn) {
  if (!is_said_) {
    warn("a picture of " + std::to_string(width) + "x" + std::to_string(height) + " is too large for the VAE in " +
         gibibytes_text(free_bytes_) + " of memory; it works on tiles of " + std::to_string(own_tile_) +
         " pixels (--vae-tile-size)");
  }
  is_said_ = true;
  return own_tile_;
}

}  // namespace deepcache_gen
