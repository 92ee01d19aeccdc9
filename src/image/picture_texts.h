#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "image/image.h"
#include "image/picture_file.h"
#include "image/png.h"
#include "image/png_chunks.h"

namespace deepcache_gen {

/// The keywords of the texts that programs which make pictures put into a file: that of AUTOMATIC1111's web UI, and
/// this program's own.
inline constexpr const char* kParametersKeyword = "parameters";
inline constexpr const char* kSettingsKeyword = "deepcache-gen";

/// The texts of a picture's file, in UTF-8.
struct PictureTexts {
  PictureFormat format;
  std::vector<PngText> texts;

  /// The first of that keyword; null where there is none.
  const std::string* find(const std::string& keyword) const;
};

/// The texts of a PNG (tEXt and uncompressed iTXt, as `encode_png` writes them; whatever the file's size, and the
/// pixels are not decoded), JPEG or WebP file (EXIF's UserComment as `parameters`, and `xmp_settings`). Nothing where
/// the file is no whole picture: another format, cut off, in a PNG a checksum of a chunk wrong, or there are more than
/// 16 MiB of texts. Throws `Error` where it can't be read, or is a JPEG or WebP of more than 256 MiB.
std::optional<PictureTexts> read_picture_texts(const std::filesystem::path& file);

/// The text that a chunk holds; nothing where it holds none, or a compressed one.
std::optional<PngText> png_text_of(const PngChunk& chunk);

/// The bytes of a file of that format with both texts; JPEG and WebP have them where viewers look. `quality`: 1 to 100,
/// of a WebP 100 is lossless; without a meaning for PNG. Throws `Error` where they can't be written.
std::vector<std::uint8_t> encode_picture(const Image& image, PictureFormat format, int quality,
                                         const std::string& parameters, const std::string& settings);

/// Throws `Error` where such texts don't fit into a file of that format, before there is a picture.
void require_room_for_texts(PictureFormat format, const std::string& parameters, const std::string& settings);

}  // namespace deepcache_gen
