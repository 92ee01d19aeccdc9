#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace deepcache_gen {

/// A chunk of a PNG file (PNG specification, section 5.3).
struct PngChunk {
  std::string type;
  std::string data;  ///< empty where it is none that is kept
};

/// Goes through the chunks of a PNG file from its start, whatever its size, without keeping more than those that are
/// wanted.
class PngChunkReader {
 public:
  /// The next so many bytes; nothing where there are fewer.
  using Take = std::function<std::optional<std::string>(std::size_t)>;

  /// Keeps the data of chunks of the types in `wanted` ("tEXt iTXt"), at most `most` bytes in all.
  PngChunkReader(Take take, std::string_view wanted, std::size_t most);

  /// True where the file starts as a PNG does; to be asked first.
  bool has_signature();
  /// The next chunk; nothing where it is cut off or damaged (its checksum is wrong), or there is too much to keep.
  std::optional<PngChunk> next();

 private:
  Take take_;
  std::string wanted_;
  std::size_t left_;
};

/// The EXIF block (eXIf) and the XMP packet (iTXt `XML:com.adobe.xmp`) of a PNG file; empty: there is none.
std::string png_exif(std::span<const std::uint8_t> bytes);
std::string png_xmp(std::span<const std::uint8_t> bytes);

}  // namespace deepcache_gen
