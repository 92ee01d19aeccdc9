#include "image/picture_file.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <string_view>

#include "image/exif.h"
#include "image/picture_reader.h"
#include "support/error.h"
#include "support/printable.h"

namespace deepcache_gen {
namespace {

constexpr std::string_view kPngStart("\x89PNG\r\n\x1a\n", 8), kJpegStart("\xFF\xD8\xFF", 3);

std::string in_lower_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

std::unique_ptr<PictureReader> read_head(PictureBytes bytes, const std::string& name) {
  const std::optional<PictureFormat> format = format_of(bytes);
  if (bytes.empty()) throw Error(printable(name) + ": is empty; expected a PNG, JPEG or WebP file");
  if (!format) {
    throw Error(printable(name) + ": is no PNG, JPEG or WebP file; save the picture as one of them");
  }
  switch (*format) {
    case PictureFormat::jpeg:
      return read_jpeg(bytes, name);
    case PictureFormat::webp:
      return read_webp(bytes, name);
    default:
      return read_png(bytes, name);
  }
}

Orientation orientation_in(const PictureReader& reader) { return orientation_of(reader.exif(), reader.xmp()); }

}  // namespace

std::optional<PictureFormat> format_of(std::span<const std::uint8_t> bytes) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (text.starts_with(kPngStart)) return PictureFormat::png;
  if (text.starts_with(kJpegStart)) return PictureFormat::jpeg;
  if (text.starts_with("RIFF") && text.substr(std::min<std::size_t>(8, text.size())).starts_with("WEBP"))
    return PictureFormat::webp;
  return {};
}

std::optional<PictureFormat> format_named(const std::string& file) {
  const std::string extension = in_lower_case(std::filesystem::path(file).extension().string());
  if (extension == ".png") return PictureFormat::png;
  if (extension == ".jpg" || extension == ".jpeg") return PictureFormat::jpeg;
  if (extension == ".webp") return PictureFormat::webp;
  return {};
}

Image decode_picture(std::span<const std::uint8_t> bytes, const std::string& name) {
  const std::unique_ptr<PictureReader> reader = read_head(bytes, name);
  const Orientation orientation = orientation_in(*reader);  // before the pixels, with which libjpeg ends
  return upright(reader->read_pixels(), orientation);
}

PictureSize picture_size(std::span<const std::uint8_t> bytes, const std::string& name) {
  const std::unique_ptr<PictureReader> reader = read_head(bytes, name);
  return upright(reader->size(), orientation_in(*reader));
}

}  // namespace deepcache_gen
