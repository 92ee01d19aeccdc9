#include "image/png.h"

#include <zlib.h>

#include <climits>
#include <cstdlib>
#include <memory>
#include <new>
#include <optional>
#include <string_view>

#include "support/error.h"

namespace {

// stb's own compressor is slower and makes bigger files. It frees the result with free().
unsigned char* compress_with_zlib(unsigned char* data, int size, int* compressed_size, int level) {
  uLongf capacity = compressBound(static_cast<uLong>(size));
  auto* compressed = static_cast<unsigned char*>(std::malloc(capacity));
  if (compressed == nullptr) return nullptr;
  if (compress2(compressed, &capacity, data, static_cast<uLong>(size), level) != Z_OK) {
    std::free(compressed);
    return nullptr;
  }
  *compressed_size = static_cast<int>(capacity);
  return compressed;
}

}  // namespace

#define STBIW_ZLIB_COMPRESS compress_with_zlib
#define STBI_WRITE_NO_STDIO
#define STB_IMAGE_WRITE_STATIC
#define STB_IMAGE_WRITE_IMPLEMENTATION
#include <stb/stb_image_write.h>

namespace deepcache_gen {
namespace {

constexpr std::size_t kHeaderEnd = 33;  // the 8-byte signature, then IHDR, which must come first

void append_number(std::string& bytes, std::uint32_t number) {
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(number >> shift & 0xFF);
}

std::string chunk(const std::string& type, const std::string& data) {
  const std::string content = type + data;
  std::string bytes;
  append_number(bytes, static_cast<std::uint32_t>(data.size()));
  bytes += content;
  append_number(bytes,
                static_cast<std::uint32_t>(crc32_z(0, reinterpret_cast<const Bytef*>(content.data()), content.size())));
  return bytes;
}

// The text in Latin-1, where it can be: code points to U+00FF are one byte or two that start with C2 or C3.
std::optional<std::string> to_latin1(std::string_view utf8) {
  std::string latin1;
  for (std::size_t i = 0; i < utf8.size(); ++i) {
    const auto byte = static_cast<unsigned char>(utf8[i]);
    if (byte < 0x80) {
      latin1 += utf8[i];
    } else if ((byte == 0xC2 || byte == 0xC3) && i + 1 < utf8.size()) {
      latin1 += static_cast<char>((byte & 3) << 6 | (utf8[++i] & 0x3F));
    } else {
      return std::nullopt;
    }
  }
  return latin1;
}

std::string text_chunk(const PngText& text) {
  const auto& [keyword, value] = text;
  if (keyword.empty() || keyword.size() > 79) throw Error("a PNG keyword has 1 to 79 characters: '" + keyword + "'");
  const std::string separator(1, '\0');
  if (const std::optional<std::string> latin1 = to_latin1(value)) return chunk("tEXt", keyword + separator + *latin1);
  // After the keyword: two bytes for "not compressed", then an empty language and an empty translated keyword.
  return chunk("iTXt", keyword + separator + std::string(4, '\0') + value);
}

std::vector<std::uint8_t> encode_pixels(const Image& image) {
  const std::size_t size = static_cast<std::size_t>(image.width) * static_cast<std::size_t>(image.height) * 3;
  if (size == 0 || size > INT_MAX / 2 || image.pixels.size() != size) {
    throw Error("an image of " + std::to_string(image.width) + "x" + std::to_string(image.height) + " pixels and " +
                std::to_string(image.pixels.size()) + " samples cannot be written as PNG");
  }
  int length = 0;
  const std::unique_ptr<unsigned char, decltype(&std::free)> bytes(
      stbi_write_png_to_mem(image.pixels.data(), image.width * 3, image.width, image.height, 3, &length), std::free);
  if (!bytes) throw std::bad_alloc();
  return {bytes.get(), bytes.get() + length};
}

}  // namespace

std::vector<std::uint8_t> encode_png(const Image& image, const std::vector<PngText>& texts) {
  std::string chunks;
  for (const PngText& text : texts) chunks += text_chunk(text);
  std::vector<std::uint8_t> bytes = encode_pixels(image);
  bytes.insert(bytes.begin() + kHeaderEnd, chunks.begin(), chunks.end());
  return bytes;
}

}  // namespace deepcache_gen
