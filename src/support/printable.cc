#include "support/printable.h"

#include <utf8proc.h>

#include <cstdio>

namespace deepcache_gen {
namespace {

constexpr utf8proc_int32_t kNoCharacter = -1;

// A character and the bytes that it takes; a byte that is no UTF-8 is no character.
struct Character {
  utf8proc_int32_t code_point;
  std::string_view bytes;
};

Character take(std::string_view& text) {
  utf8proc_int32_t code_point = kNoCharacter;
  const utf8proc_ssize_t length = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                                   static_cast<utf8proc_ssize_t>(text.size()), &code_point);
  const std::string_view bytes = text.substr(0, length < 1 ? 1 : static_cast<std::size_t>(length));
  text.remove_prefix(bytes.size());
  return {length < 1 ? kNoCharacter : code_point, bytes};
}

bool is_between(utf8proc_int32_t c, utf8proc_int32_t first, utf8proc_int32_t last) { return c >= first && c <= last; }

// C0, DEL and C1; line and paragraph separator and the overrides and embeddings of UAX #9; its isolates.
bool is_control(utf8proc_int32_t c) {
  return is_between(c, 0, 0x1F) || is_between(c, 0x7F, 0x9F) || is_between(c, 0x2028, 0x202E) ||
         is_between(c, 0x2066, 0x2069);
}

std::string code_text(const char* format, unsigned number) {
  char text[8];
  std::snprintf(text, sizeof text, format, number);
  return text;
}

std::string spelled_out(const Character& character) {
  switch (character.code_point) {
    case kNoCharacter:
      return code_text("\\x%02x", static_cast<unsigned char>(character.bytes.front()));
    case '\n':
      return "\\n";
    case '\r':
      return "\\r";
    case '\t':
      return "\\t";
    default:
      return code_text(character.code_point < 0x80 ? "\\x%02x" : "\\u%04x",
                       static_cast<unsigned>(character.code_point));
  }
}

}  // namespace

std::string printable(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const Character character = take(text);
    if (character.code_point == kNoCharacter || is_control(character.code_point)) {
      result += spelled_out(character);
    } else {
      result += character.bytes;
    }
  }
  return result;
}

std::string shortened(std::string_view text, std::size_t longest) {
  std::string result;
  while (!text.empty()) {
    const std::string next = printable(take(text).bytes);
    if (result.size() + next.size() > longest) return result + "...";
    result += next;
  }
  return result;
}

bool has_control_characters(std::string_view text) {
  while (!text.empty()) {
    if (is_control(take(text).code_point)) return true;
  }
  return false;
}

std::string printable_json(std::string_view json) {
  std::string result;
  while (!json.empty()) {
    const Character character = take(json);
    if (is_control(character.code_point)) {
      result += code_text("\\u%04x", static_cast<unsigned>(character.code_point));
    } else {
      result += character.bytes;
    }
  }
  return result;
}

}  // namespace deepcache_gen
