#include "support/utf8.h"

#include <utf8proc.h>

#include <cstdio>

#include "support/error.h"

namespace deepcache_gen {
namespace {

constexpr utf8proc_int32_t kReplacement = 0xFFFD;

// Reads one code point and returns its bytes, or a negative number.
utf8proc_ssize_t read(std::string_view text, utf8proc_int32_t& code_point) {
  return utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                          static_cast<utf8proc_ssize_t>(text.size()), &code_point);
}

std::string hexadecimal(char byte) {
  char text[8];
  std::snprintf(text, sizeof text, "0x%02X", static_cast<unsigned>(static_cast<unsigned char>(byte)));
  return text;
}

}  // namespace

void require_utf8(std::string_view prompt) {
  for (std::size_t offset = 0; offset < prompt.size();) {
    utf8proc_int32_t code_point = 0;
    const utf8proc_ssize_t bytes = read(prompt.substr(offset), code_point);
    if (bytes < 1) {
      throw UsageError("prompt is not valid UTF-8 at byte " + std::to_string(offset) + " (" +
                       hexadecimal(prompt[offset]) + "); convert it to UTF-8");
    }
    offset += static_cast<std::size_t>(bytes);
  }
}

std::u32string decode_utf8(std::string_view text) {
  std::u32string code_points;
  code_points.reserve(text.size());
  while (!text.empty()) {
    utf8proc_int32_t code_point = kReplacement;
    const utf8proc_ssize_t bytes = read(text, code_point);
    code_points.push_back(static_cast<char32_t>(bytes < 1 ? kReplacement : code_point));
    text.remove_prefix(bytes < 1 ? 1 : static_cast<std::size_t>(bytes));
  }
  return code_points;
}

std::string encode_utf8(std::u32string_view code_points) {
  std::string text;
  text.reserve(code_points.size());
  for (const char32_t code_point : code_points) {
    utf8proc_uint8_t bytes[4];
    const utf8proc_ssize_t count = utf8proc_encode_char(static_cast<utf8proc_int32_t>(code_point), bytes);
    text.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(count));
  }
  return text;
}

}  // namespace deepcache_gen
