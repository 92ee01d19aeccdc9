#include "image/picture_texts.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>

#include "image/exif.h"
#include "image/jpeg.h"
#include "image/picture_reader.h"
#include "image/webp.h"
#include "image/xmp.h"
#include "support/error.h"
#include "support/file_content.h"

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

std::optional<PictureTexts> png_texts(PngChunkReader& reader) {
  PictureTexts texts{PictureFormat::png, {}};
  while (const std::optional<PngChunk> chunk = reader.next()) {
    if (chunk->type == "IEND") return texts;
    if (std::optional<PngText> text = png_text_of(*chunk)) texts.texts.push_back(std::move(*text));
  }
  return {};
}

std::unique_ptr<PictureReader> head_of(PictureBytes bytes, PictureFormat format) {
  return format == PictureFormat::jpeg ? read_jpeg(bytes, "") : read_webp(bytes, "");
}

// Of a WebP, its reader looks at that.
bool is_whole(std::string_view content, PictureFormat format) {
  return format != PictureFormat::jpeg || content.ends_with("\xFF\xD9");
}

// Of a JPEG or WebP file.
std::optional<PictureTexts> other_texts(const std::filesystem::path& file) {
  const std::string content = read_regular_file(file, kLargestPictureFile);
  const PictureBytes bytes(reinterpret_cast<const std::uint8_t*>(content.data()), content.size());
  const std::optional<PictureFormat> format = format_of(bytes);
  if (!format || *format == PictureFormat::png || !is_whole(content, *format)) return {};
  PictureTexts texts{*format, {}};
  try {
    const std::unique_ptr<PictureReader> reader = head_of(bytes, *format);
    if (auto comment = exif_comment(reader->exif())) texts.texts.emplace_back(kParametersKeyword, std::move(*comment));
    if (auto settings = xmp_settings(reader->xmp())) texts.texts.emplace_back(kSettingsKeyword, std::move(*settings));
  } catch (const Error&) {
    return {};
  }
  return texts;
}

PictureMetadata metadata_of(const std::string& parameters, const std::string& settings) {
  return {exif_with_comment(parameters), xmp_with_settings(settings)};
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

std::optional<PictureTexts> read_picture_texts(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) fail(file);
  PngChunkReader reader([&](std::size_t count) { return take(stream, file, count); }, "tEXt iTXt", kMostText);
  return reader.has_signature() ? png_texts(reader) : other_texts(file);
}

const std::string* PictureTexts::find(const std::string& keyword) const {
  const auto found = std::find_if(texts.begin(), texts.end(), [&](const PngText& t) { return t.first == keyword; });
  return found == texts.end() ? nullptr : &found->second;
}

std::vector<std::uint8_t> encode_picture(const Image& image, PictureFormat format, int quality,
                                         const std::string& parameters, const std::string& settings) {
  switch (format) {
    case PictureFormat::jpeg:
      return encode_jpeg(image, quality, metadata_of(parameters, settings));
    case PictureFormat::webp:
      return encode_webp(image, quality, metadata_of(parameters, settings));
    default:
      return encode_png(image, {{kParametersKeyword, parameters}, {kSettingsKeyword, settings}});
  }
}

void require_room_for_texts(PictureFormat format, const std::string& parameters, const std::string& settings) {
  if (format != PictureFormat::jpeg) return;
  const PictureMetadata metadata = metadata_of(parameters, settings);
  if (metadata.exif.size() <= kMostJpegExif && metadata.xmp.size() <= kMostJpegXmp) return;
  throw Error("a JPEG has room for 64 KiB of settings, and those of this picture have " +
              std::to_string(std::max(metadata.exif.size(), metadata.xmp.size()) >> 10) +
              "; write it as .png or .webp");
}

}  // namespace deepcache_gen
