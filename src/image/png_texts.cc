#include "image/png_texts.h"

#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <string>
#include <string_view>

#include "support/error.h"

namespace deepcache_gen {
namespace {

constexpr std::string_view kSignature("\x89PNG\r\n\x1a\n", 8);

// Of all texts of a file together; what this program writes has some kilobytes.
constexpr std::size_t kMostText = std::size_t{16} << 20;

struct Chunk {
  std::string type;
  std::string data;  ///< empty where it is no text
};

std::uint32_t number_at(std::string_view bytes, std::size_t position) {
  std::uint32_t number = 0;
  for (std::size_t i = 0; i < 4; ++i) number = number << 8 | static_cast<unsigned char>(bytes[position + i]);
  return number;
}

bool holds_text(std::string_view type) { return type == "tEXt" || type == "iTXt"; }

// Reads a file from its start to its end, whatever its size, without keeping more of it than texts.
class ChunkReader {
 public:
  explicit ChunkReader(const std::filesystem::path& file) : file_(file), stream_(file, std::ios::binary) {
    if (!stream_) fail();
  }

  bool has_signature() { return take(kSignature.size()) == kSignature; }

  // The next chunk; nothing where it is damaged or its text is too long.
  std::optional<Chunk> next() {
    const std::optional<std::string> head = take(8);
    if (!head) return {};
    std::size_t length = number_at(*head, 0);
    Chunk chunk{head->substr(4), ""};
    std::uint32_t checksum = checksum_of(chunk.type, 0);
    if (holds_text(chunk.type) && (text_ += length) > kMostText) return {};
    while (length > 0) {
      const std::optional<std::string> block = take(std::min(length, kBlock));
      if (!block) return {};
      checksum = checksum_of(*block, checksum);
      if (holds_text(chunk.type)) chunk.data += *block;
      length -= block->size();
    }
    const std::optional<std::string> end = take(4);
    return end && number_at(*end, 0) == checksum ? std::optional(std::move(chunk)) : std::nullopt;
  }

 private:
  static constexpr std::size_t kBlock = 1 << 16;

  static std::uint32_t checksum_of(std::string_view bytes, std::uint32_t before) {
    return static_cast<std::uint32_t>(crc32_z(before, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
  }

  [[noreturn]] void fail() const {
    throw Error(file_.string() + ": cannot be read: " + std::strerror(errno != 0 ? errno : EIO));
  }

  // Nothing where the file has fewer bytes.
  std::optional<std::string> take(std::size_t count) {
    std::string bytes(count, '\0');
    errno = 0;
    if (stream_.read(bytes.data(), static_cast<std::streamsize>(count))) return bytes;
    if (stream_.bad()) fail();
    return {};
  }

  std::filesystem::path file_;
  std::ifstream stream_;
  std::size_t text_ = 0;  ///< bytes of texts so far
};

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
  const std::string_view data = chunk.data;
  const std::size_t end = data.find('\0');
  if (end == std::string_view::npos) return {};
  const std::string keyword(data.substr(0, end));
  std::string_view rest = data.substr(end + 1);
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
  ChunkReader reader(file);
  if (!reader.has_signature()) return {};
  std::vector<PngText> texts;
  while (const std::optional<Chunk> chunk = reader.next()) {
    if (chunk->type == "IEND") return texts;
    if (std::optional<PngText> text = text_of(*chunk)) texts.push_back(std::move(*text));
  }
  return {};
}

}  // namespace deepcache_gen
