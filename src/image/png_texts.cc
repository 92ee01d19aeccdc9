#include "image/png_texts.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <string>
#include <string_view>

#include "support/error.h"

namespace deepcache_gen {
namespace {

// Of all texts of a file together; what this program writes has some kilobytes.
constexpr std::size_t kMostText = std::size_t{16} << 20;

[[noreturn]] void fail(const std::filesystem::path& file) {
  throw Error(file.string() + ": cannot be read: " + std::strerror(errno != 0 ? errno : EIO));
}

// Nothing where the file has fewer bytes.
std::optional<std::string> take(std::ifstream& stream, const std::filesystem::path& file, std::size_t count) {
  std::string bytes(count, '\0');
  errno = 0;
  if (stream.read(bytes.data(), static_cast<std::streamsize>(count))) return bytes;
  if (stream.bad()) fail(file);
  return {};
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

}  // namespace

// PNG specification, 11.3.4: keyword, zero, text; in iTXt two bytes about compression, a language and a translated
// keyword, each ended by zero, come before the text.
std::optional<PngText> png_text_of(const PngChunk& chunk) {
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

std::optional<std::vector<PngText>> read_png_texts(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) fail(file);
  PngChunkReader reader([&](std::size_t count) { return take(stream, file, count); }, "tEXt iTXt", kMostText);
  if (!reader.has_signature()) return {};
  std::vector<PngText> texts;
  while (const std::optional<PngChunk> chunk = reader.next()) {
    if (chunk->type == "IEND") return texts;
    if (std::optional<PngText> text = png_text_of(*chunk)) texts.push_back(std::move(*text));
  }
  return {};
}

}  // namespace deepcache_gen
