#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "image/image.h"

namespace deepcache_gen {

/// What stands in a file beside the pixels: an EXIF block (`exif_with_comment`) and an XMP packet; empty: none.
struct PictureMetadata {
  std::string exif, xmp;
};

/// The most bytes that each of the two may have in a JPEG, whose segments are of 64 KiB.
inline constexpr std::size_t kMostJpegExif = 65533 - 6, kMostJpegXmp = 65533 - 29;

/// The bytes of a JPEG file of `image`. `quality`: 1 to 100, as libjpeg has it; from 90 up colours are kept at full
/// size, else at half of it along each side. Throws `Error` where the metadata has more bytes than fit.
std::vector<std::uint8_t> encode_jpeg(const Image& image, int quality, const PictureMetadata& metadata);

}  // namespace deepcache_gen
