#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "image/image.h"

namespace deepcache_gen {

/// A keyword (1 to 79 Latin-1 characters) and its UTF-8 text, as PNG stores them beside the picture.
using PngText = std::pair<std::string, std::string>;

/// The bytes of a PNG file of `image` that carries `texts`: as tEXt where the text is Latin-1, else as iTXt (PNG
/// specification, 11.3.4), which is what Pillow writes and the usual viewers read.
std::vector<std::uint8_t> encode_png(const Image& image, const std::vector<PngText>& texts);

}  // namespace deepcache_gen
