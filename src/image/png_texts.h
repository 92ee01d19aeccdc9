#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "image/png.h"
#include "image/png_chunks.h"

namespace deepcache_gen {

/// The texts (tEXt and uncompressed iTXt, as `encode_png` writes them) of a PNG file, in UTF-8; the pixels are not
/// decoded. Nothing where the file is no whole PNG: another format, cut off, a checksum of a chunk is wrong, or there
/// are more than 16 MiB of texts. Throws `Error` where it can't be read.
std::optional<std::vector<PngText>> read_png_texts(const std::filesystem::path& file);

/// The text that a chunk holds; nothing where it holds none, or a compressed one.
std::optional<PngText> png_text_of(const PngChunk& chunk);

}  // namespace deepcache_gen
