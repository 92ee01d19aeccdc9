#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "image/image.h"

namespace deepcache_gen {

/// What a picture that is read may have: a small file can ask for much memory.
inline constexpr int kLongestSide = 16384;
inline constexpr std::int64_t kMostPixels = std::int64_t{1} << 27;
inline constexpr std::size_t kLargestPictureFile = std::size_t{256} << 20;

/// In pixels.
struct PictureSize {
  int width = 0, height = 0;
};

/// A kind of file that pictures are read from and written to.
enum class PictureFormat { png, jpeg, webp };

/// Of a lossy file: differences are hard to see, at about a fifth of the size of a PNG.
inline constexpr int kUsualQuality = 95;

/// The format by its first bytes; nothing where it is none of them.
std::optional<PictureFormat> format_of(std::span<const std::uint8_t> bytes);

/// The format by the ending of a file's name (.png; .jpg, .jpeg; .webp; in any case); nothing for others.
std::optional<PictureFormat> format_named(const std::string& file);

/// Decodes a PNG, JPEG or WebP file, told apart by its first bytes, as `ImageOps.exif_transpose(image).convert("RGB")`
/// of Pillow has it: upright, 8-bit RGB, transparency dropped, gamma and colour profiles not looked at. Of 16 bits the
/// high eight are taken (Pillow does the same but for grey, which it cuts off at 255). `name` is what messages call the
/// file. Throws `Error` where it is none of the three, cut short, damaged, animated or larger than the bounds above.
Image decode_picture(std::span<const std::uint8_t> bytes, const std::string& name);

/// The size that the decoded picture will have; the pixels are not looked at. Throws `Error` as `decode_picture` does,
/// as far as the head of the file tells.
PictureSize picture_size(std::span<const std::uint8_t> bytes, const std::string& name);

}  // namespace deepcache_gen
