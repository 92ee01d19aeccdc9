#pragma once

#include <array>
#include <optional>
#include <vector>

#include "support/json_object.h"

namespace deepcache_gen {

/// A linear map from a pixel of latents, as a sampler holds them, to its colour, fitted by the exporter: much cheaper
/// than the VAE, and good enough to see what becomes of a picture.
struct PreviewMap {
  std::array<std::vector<double>, 3> matrix;  ///< of red, green and blue (0..1), one factor per latent channel
  std::array<double, 3> bias;
};

/// Reads `preview` of a model.json's `vae` (models/README.md), nothing where there is none. Throws `Error` naming the
/// field where it is not 3 rows for `channels` latent channels.
std::optional<PreviewMap> read_preview_map(const JsonObject& vae, int channels);

}  // namespace deepcache_gen
