#include "image/png_texts.h"

#include <zlib.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include "support/error.h"

namespace deepcache_gen {
namespace {

constexpr std::string_view kSignature("\x89PNG\r\n\x1a\n", 8);
constexpr std::size_t kFrame = 12;  // of a chunk: length, type, checksum

struct Chunk {
  std::string_view type, data;
};

std::string read_file(const std::filesystem::path& file) {
  errno = 0;
  std::ifstream stream(file, std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(stream), {}};
  if (!stream) throw Error(file.string() + ": cannot be read: " + std::strerror(errno != 0 ? errno : EIO));
  return bytes;
}

std::uint32_t number_at(std::string_view bytes, std::size_t position) {
  std::uint32_t number = 0;
  for (std::size_t i = 0; i < 4; ++i) number = number << 8 | static_cast<unsigned char>(bytes[position + i]);
  return number;
}

std::uint32_t checksum(std::string_view bytes) {
  return static_cast<std::uint32_t>(crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

// Takes the first chunk off `bytes`; nothing where it is damaged.
std::optional<Chunk> take_chunk(std::string_view& bytes) {
  if (bytes.size() < kFrame) return {};
  const std::size_t length = number_at(bytes, 0);
  if (length > bytes.size() - kFrame) return {};
  if (checksum(bytes.substr(4, length + 4)) != number_at(bytes, length + 8)) return {};
  const Chunk chunk{bytes.substr(4, 4), bytes.substr(8, length)};
  bytes.remove_prefix(length + kFrame);
  return chunk;
}

std::string latin1_to_utf8(std::string_view text) {
  std::string utf8;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x80) utf8 += static_cast<char>(byte < 0xC0 ? 0xC2 : 0xC3);
    utf8 += static_cast<char>(byte < 0xC0 ? byte : byte - 0x40);
  }
  return utf8;
}

// PNG specification, 11.3.4: keyword, zero, text; in iTXt two bytes about compression, a language and a translated
// keyword, each ended by zero, come before the text.
std::optional<PngText> text_of(const Chunk& chunk) {
  const std::size_t end = chunk.data.find('\0');
  if (end == std::string_view::npos) return {};
  const std::string keyword(chunk.data.substr(0, end));
  std::string_view rest = chunk.data.substr(end + 1);
  if (chunk.type == "tEXt") return PngText{keyword, latin1_to_utf8(rest)};
  if (chunk.type != "iTXt" || rest.size() < 2 || rest[0] != 0) return {};
  rest.remove_prefix(2);
  for (int i = 0; i < 2; ++i) {
    const std::size_t zero = rest.find('\0');
    if (zero == std::string_view::npos) return {};
    rest.remove_prefix(zero + 1);
  }
  return PngText{keyword, std::string(rest)};
}

}  // namespace

std::optional<std::vector<PngText>> read_png_texts(const std::filesystem::path& file) {
  const std::string content = read_file(file);
  std::string_view bytes = content;
  if (!bytes.starts_with(kSignature)) return {};
  bytes.remove_prefix(kSignature.size());
  std::vector<PngText> texts;
  while (const std::optional<Chunk> chunk = take_chunk(bytes)) {
    if (chunk->type == "IEND") return texts;
    if (std::optional<PngText> text = text_of(*chunk)) texts.push_back(std::move(*text));
  }
  return {};
}

}  // namespace deepcache_gen
