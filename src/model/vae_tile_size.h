#pragma once

#include "model/model_info.h"

namespace deepcache_gen {

/// The side, in pixels, of the tiles that diffusers' enable_tiling() cuts for the model's VAE: what it was trained on,
/// 512 where that is not known and for AutoencoderTiny.
int usual_tile_pixels(const ModelInfo& model);

/// That of tiles that are taken for want of memory, whatever the VAE was trained on: 512, or the nearest below.
int sparing_tile_pixels(const ModelInfo& model);

/// `pixels`, where tiles of that side meet as they should: overlaps are a quarter of it (an eighth for AutoencoderTiny)
/// and begin and end at whole latents. Throws `UsageError` about --vae-tile-size with what is accepted.
int checked_tile_pixels(const ModelInfo& model, int pixels);

}  // namespace deepcache_gen
