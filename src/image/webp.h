#pragma once

#include <cstdint>
#include <vector>

#include "image/image.h"
#include "image/jpeg.h"

namespace deepcache_gen {

/// The bytes of a WebP file of `image`. `quality`: 1 to 99, as libwebp has it for lossy files; 100 makes a lossless
/// one. Throws `Error` where libwebp can't (a side of more than 16383 pixels).
std::vector<std::uint8_t> encode_webp(const Image& image, int quality, const PictureMetadata& metadata);

}  // namespace deepcache_gen
