#include "image/png_chunks.h"

#include <zlib.h>

#include <algorithm>
#include <utility>

#include "image/picture_texts.h"

namespace deepcache_gen {
namespace {

constexpr std::string_view kSignature("\x89PNG\r\n\x1a\n", 8);
constexpr std::size_t kBlock = 1 << 16;
constexpr std::size_t kMostMetadata = std::size_t{1} << 20;

std::uint32_t number_at(std::string_view bytes, std::size_t position) {
  std::uint32_t number = 0;
  for (std::size_t i = 0; i < 4; ++i) number = number << 8 | static_cast<unsigned char>(bytes[position + i]);
  return number;
}

std::uint32_t checksum_of(std::string_view bytes, std::uint32_t before) {
  return static_cast<std::uint32_t>(crc32_z(before, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

PngChunkReader::Take from(std::span<const std::uint8_t> bytes) {
  return [bytes](std::size_t count) mutable -> std::optional<std::string> {
    if (count > bytes.size()) return {};
    const std::string taken(reinterpret_cast<const char*>(bytes.data()), count);
    bytes = bytes.subspan(count);
    return taken;
  };
}

}  // namespace

PngChunkReader::PngChunkReader(Take take, std::string_view wanted, std::size_t most)
    : take_(std::move(take)), wanted_(wanted), left_(most) {}

bool PngChunkReader::has_signature() { return take_(kSignature.size()) == kSignature; }

std::optional<PngChunk> PngChunkReader::next() {
  const std::optional<std::string> head = take_(8);
  if (!head) return {};
  std::size_t length = number_at(*head, 0);
  PngChunk chunk{head->substr(4), ""};
  std::uint32_t checksum = checksum_of(chunk.type, 0);
  const bool is_wanted = wanted_.find(chunk.type) != std::string::npos;
  if (is_wanted && length > left_) return {};
  if (is_wanted) left_ -= length;
  while (length > 0) {
    const std::optional<std::string> block = take_(std::min(length, kBlock));
    if (!block) return {};
    checksum = checksum_of(*block, checksum);
    if (is_wanted) chunk.data += *block;
    length -= block->size();
  }
  const std::optional<std::string> end = take_(4);
  return end && number_at(*end, 0) == checksum ? std::optional(std::move(chunk)) : std::nullopt;
}

std::string png_exif(std::span<const std::uint8_t> bytes) {
  PngChunkReader reader(from(bytes), "eXIf", kMostMetadata);
  if (!reader.has_signature()) return {};
  while (std::optional<PngChunk> chunk = reader.next()) {
    if (chunk->type == "eXIf") return std::move(chunk->data);
  }
  return {};
}

std::string png_xmp(std::span<const std::uint8_t> bytes) {
  PngChunkReader reader(from(bytes), "iTXt", kMostMetadata);
  if (!reader.has_signature()) return {};
  while (const std::optional<PngChunk> chunk = reader.next()) {
    const std::optional<PngText> text = png_text_of(*chunk);
    if (text && text->first == "XML:com.adobe.xmp") return text->second;
  }
  return {};
}

}  // namespace deepcache_gen
