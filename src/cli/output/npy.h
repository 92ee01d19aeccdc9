#pragma once

#include <cstdint>
#include <vector>

#include "pipeline/generated_image.h"

namespace deepcache_gen {

/// What begins a NumPy .npy file (format 1.0, numpy.lib.format) of the latents of `count` images that have the shape of
/// `latents`: an array of count x channels x height x width little-endian float32, whose values follow. Two counts make
/// headers that differ in digits only, so that a file with values added needs just its header anew.
std::vector<std::uint8_t> npy_header(int count, const Latents& latents);

/// The values of one image as they stand in the file.
std::vector<std::uint8_t> npy_values(const Latents& latents);

}  // namespace deepcache_gen
