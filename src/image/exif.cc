#include "image/exif.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "support/utf8.h"

namespace deepcache_gen {
namespace {

constexpr std::uint32_t kOrientationTag = 0x0112, kExifFolderTag = 0x8769, kCommentTag = 0x9286;
constexpr std::uint32_t kShort = 3, kLong = 4, kUndefined = 7;
constexpr std::size_t kEntrySize = 12, kCharset = 8;
constexpr std::string_view kUnicode("UNICODE\0", kCharset), kAscii("ASCII\0\0\0", kCharset);

// An entry of a TIFF folder.
struct Entry {
  std::uint32_t type, count;
  std::size_t value_at;  ///< of the four bytes that are its value, or where that lies
};

// A TIFF file (TIFF 6.0, section 2) that may hold anything: what lies outside of it is 0 or not there.
class TiffFile {
 public:
  explicit TiffFile(std::string_view bytes) : bytes_(bytes), is_little_(bytes.starts_with("II")) {}

  bool is_valid() const { return (is_little_ || bytes_.starts_with("MM")) && number(2, 2) == 42; }
  std::size_t first_folder() const { return number(4, 4); }

  std::uint32_t number(std::size_t at, std::size_t size) const {
    if (at > bytes_.size() || size > bytes_.size() - at) return 0;
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < size; ++i) {
      value = value << 8 | static_cast<unsigned char>(bytes_[at + (is_little_ ? size - 1 - i : i)]);
    }
    return value;
  }

  std::optional<Entry> find(std::size_t folder, std::uint32_t tag) const {
    const std::size_t count = number(folder, 2);
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t at = folder + 2 + i * kEntrySize;
      if (at > bytes_.size() || kEntrySize > bytes_.size() - at) return {};
      if (number(at, 2) == tag) return Entry{number(at + 2, 2), number(at + 4, 4), at + 8};
    }
    return {};
  }

  // The bytes of a value of single bytes.
  std::string_view bytes_of(const Entry& entry) const {
    const std::size_t at = entry.count <= 4 ? entry.value_at : number(entry.value_at, 4);
    return at > bytes_.size() || entry.count > bytes_.size() - at ? std::string_view() : bytes_.substr(at, entry.count);
  }

 private:
  std::string_view bytes_;
  bool is_little_;
};

Orientation valid_or_upright(std::uint32_t value) {
  return value >= 1 && value <= 8 ? static_cast<Orientation>(value) : 1;
}

std::optional<std::uint32_t> orientation_in_exif(std::string_view exif) {
  const TiffFile tiff(exif);
  if (!tiff.is_valid()) return {};
  const std::optional<Entry> entry = tiff.find(tiff.first_folder(), kOrientationTag);
  if (!entry) return {};
  return tiff.number(entry->value_at, entry->type == kLong ? 4 : 2);
}

std::uint32_t orientation_in_xmp(std::string_view xmp) {
  constexpr std::string_view kName = "tiff:Orientation";
  for (std::size_t at = xmp.find(kName); at != std::string_view::npos; at = xmp.find(kName, at + 1)) {
    std::string_view rest = xmp.substr(at + kName.size());
    if (!rest.starts_with("=\"") && !rest.starts_with(">")) continue;
    rest.remove_prefix(rest.front() == '>' ? 1 : 2);
    if (!rest.empty() && rest.front() >= '0' && rest.front() <= '9')
      return static_cast<std::uint32_t>(rest.front() - '0');
  }
  return 1;
}

void append_big_endian(std::string& bytes, std::uint32_t number, int size) {
  for (int shift = 8 * (size - 1); shift >= 0; shift -= 8) bytes += static_cast<char>(number >> shift & 0xFF);
}

std::string folder_of_one(std::uint32_t tag, std::uint32_t type, std::uint32_t count, std::uint32_t value) {
  std::string folder;
  append_big_endian(folder, 1, 2);
  append_big_endian(folder, tag, 2);
  append_big_endian(folder, type, 2);
  append_big_endian(folder, count, 4);
  append_big_endian(folder, value, 4);
  append_big_endian(folder, 0, 4);  // there is no other folder
  return folder;
}

std::size_t pixel_index(int x, int y, int width) {
  return static_cast<std::size_t>(y) * static_cast<std::size_t>(width) + static_cast<std::size_t>(x);
}

// Where the pixel comes from that is at (x, y) once upright; `width` and `height` are those of what is stored.
std::pair<int, int> stored_place(int x, int y, int width, int height, Orientation orientation) {
  const int right = width - 1, bottom = height - 1;
  switch (orientation) {
    case 2:
      return {right - x, y};
    case 3:
      return {right - x, bottom - y};
    case 4:
      return {x, bottom - y};
    case 5:
      return {y, x};
    case 6:
      return {y, bottom - x};
    case 7:
      return {right - y, bottom - x};
    case 8:
      return {right - y, x};
    default:
      return {x, y};
  }
}

std::string utf16_big_endian(std::string_view utf8) {
  std::string text;
  for (const char32_t point : decode_utf8(utf8)) {
    if (point < 0x10000) {
      append_big_endian(text, point, 2);
    } else {
      append_big_endian(text, 0xD800 + ((point - 0x10000) >> 10), 2);
      append_big_endian(text, 0xDC00 + ((point - 0x10000) & 0x3FF), 2);
    }
  }
  return text;
}

// Mostly Latin letters, whose high byte is 0; a mark of the byte order wins.
bool is_big_endian(std::string_view utf16) {
  if (utf16.starts_with("\xFE\xFF")) return true;
  if (utf16.starts_with("\xFF\xFE")) return false;
  std::ptrdiff_t zeros = 0;
  for (std::size_t i = 0; i + 1 < utf16.size(); i += 2) zeros += (utf16[i] == 0) - (utf16[i + 1] == 0);
  return zeros >= 0;
}

std::string utf16_to_utf8(std::string_view utf16) {
  const std::size_t high = is_big_endian(utf16) ? 0 : 1;
  const auto unit = [&](std::size_t at) {
    const auto byte = [&](std::size_t i) { return static_cast<char32_t>(static_cast<unsigned char>(utf16[i])); };
    return byte(at + high) << 8 | byte(at + 1 - high);
  };
  const auto is_half = [](char32_t value, char32_t first) { return value >= first && value < first + 0x400; };
  std::u32string text;
  for (std::size_t at = 0; at + 1 < utf16.size(); at += 2) {
    char32_t point = unit(at);
    if (point == 0xFEFF && at == 0) continue;
    if (is_half(point, 0xD800) && at + 3 < utf16.size() && is_half(unit(at + 2), 0xDC00)) {
      point = 0x10000 + ((point - 0xD800) << 10) + (unit(at + 2) - 0xDC00);
      at += 2;
    } else if (is_half(point, 0xD800) || is_half(point, 0xDC00)) {
      point = 0xFFFD;
    }
    text += point;
  }
  return encode_utf8(text);
}

}  // namespace

Orientation orientation_of(std::string_view exif, std::string_view xmp) {
  const std::optional<std::uint32_t> said = orientation_in_exif(exif);
  return valid_or_upright(said ? *said : orientation_in_xmp(xmp));
}

PictureSize upright(PictureSize size, Orientation orientation) {
  if (orientation >= 5) std::swap(size.width, size.height);
  return size;
}

Image upright(Image image, Orientation orientation) {
  if (orientation == 1) return image;
  const PictureSize size = upright(PictureSize{image.width, image.height}, orientation);
  Image turned{size.width, size.height, {}};
  turned.pixels.reserve(image.pixels.size());
  for (int y = 0; y < turned.height; ++y) {
    for (int x = 0; x < turned.width; ++x) {
      const auto [from_x, from_y] = stored_place(x, y, image.width, image.height, orientation);
      const std::uint8_t* const pixel = image.pixels.data() + pixel_index(from_x, from_y, image.width) * 3;
      turned.pixels.insert(turned.pixels.end(), pixel, pixel + 3);
    }
  }
  return turned;
}

std::string exif_with_comment(const std::string& text) {
  const std::string comment = std::string(kUnicode) + utf16_big_endian(text);
  std::string exif("MM\0\x2A\0\0\0\x08", 8);
  const std::string first = folder_of_one(kExifFolderTag, kLong, 1, 0);
  const auto second_at = static_cast<std::uint32_t>(exif.size() + first.size());
  const auto comment_at = static_cast<std::uint32_t>(second_at + first.size());
  exif += folder_of_one(kExifFolderTag, kLong, 1, second_at);
  exif += folder_of_one(kCommentTag, kUndefined, static_cast<std::uint32_t>(comment.size()), comment_at);
  return exif + comment;
}

std::optional<std::string> exif_comment(std::string_view exif) {
  const TiffFile tiff(exif);
  if (!tiff.is_valid()) return {};
  const std::optional<Entry> folder = tiff.find(tiff.first_folder(), kExifFolderTag);
  if (!folder) return {};
  const std::optional<Entry> entry = tiff.find(tiff.number(folder->value_at, 4), kCommentTag);
  if (!entry) return {};
  const std::string_view comment = tiff.bytes_of(*entry);
  if (comment.starts_with(kUnicode)) return utf16_to_utf8(comment.substr(kCharset));
  if (comment.starts_with(kAscii)) return std::string(comment.substr(kCharset));
  return {};
}

}  // namespace deepcache_gen
