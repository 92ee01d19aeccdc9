#include "model/vae_tile_size.h"

#include <algorithm>
#include <string>

#include "support/error.h"
#include "support/option_value.h"

namespace deepcache_gen {
namespace {

constexpr const char* kTileFlag = "--vae-tile-size";
constexpr int kUsualTile = 512, kLargestTile = 8192;

// In pixels; one overlap. Diffusers' results have another size than the picture's where a tile is no multiple of it.
int tile_unit(const ModelInfo& model) { return model.vae_scale * (model.vae.is_tiny ? 8 : 4); }

// A tiny VAE's encoder fades a tile in over its overlap, less one latent, which must leave one.
int smallest_tile(const ModelInfo& model) { return tile_unit(model) * (model.vae.is_tiny ? 2 : 1); }

int nearest_tile(const ModelInfo& model, int pixels) {
  return std::max(pixels - pixels % tile_unit(model), smallest_tile(model));
}

}  // namespace

int usual_tile_pixels(const ModelInfo& model) {
  return nearest_tile(model, model.vae.is_tiny ? kUsualTile : model.vae.sample_size.value_or(kUsualTile));
}

int sparing_tile_pixels(const ModelInfo& model) { return nearest_tile(model, kUsualTile); }

int checked_tile_pixels(const ModelInfo& model, int pixels) {
  checked_whole(kTileFlag, pixels, smallest_tile(model), kLargestTile, " pixels");
  const int unit = tile_unit(model), below = pixels - pixels % unit;
  if (below == pixels) return pixels;
  throw UsageError(kTileFlag, std::string(kTileFlag) + " " + std::to_string(pixels) + ": must be divisible by " +
                                  std::to_string(unit) + ", so that tiles overlap by whole latents; the nearest are " +
                                  std::to_string(below) + " and " + std::to_string(below + unit));
}

}  // namespace deepcache_gen
