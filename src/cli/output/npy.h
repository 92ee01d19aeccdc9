#pragma once

#include <cstdint>
#include <vector>

#include "pipeline/generated_image.h"

namespace deepcache_gen {

/// The bytes of a NumPy .npy file (format 1.0, numpy.lib.format) of `latents`, all of one shape and at least one: an
/// array of N x channels x height x width little-endian float32.
std::vector<std::uint8_t> encode_npy(const std::vector<Latents>& latents);

}  // namespace deepcache_gen
