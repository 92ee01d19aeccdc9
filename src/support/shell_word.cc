#include "support/shell_word.h"

#include <array>
#include <cctype>
#include <cstdio>

#include "support/printable.h"

namespace deepcache_gen {
namespace {

bool is_plain(unsigned char c) {
  return std::isalnum(c) != 0 || std::string_view("_@%+:,./-").find(c) != std::string_view::npos;
}

std::string spelled_out(std::string_view text) {
  std::string word = "$'";
  for (const unsigned char c : text) {
    if (c >= 0x20 && c < 0x7f) {
      if (c == '\'' || c == '\\') word += '\\';
      word += static_cast<char>(c);
      continue;
    }
    // Always three octal digits: what follows can't be taken for one of them.
    std::array<char, 5> digits{};
    std::snprintf(digits.data(), digits.size(), "\\%03o", c);
    word += digits.data();
  }
  return word + "'";
}

std::string in_quotes(std::string_view text) {
  std::string word = "'";
  for (const char c : text) {
    if (c == '\'') {
      word += "'\\''";
    } else {
      word += c;
    }
  }
  return word + "'";
}

}  // namespace

std::string shell_word(std::string_view text) {
  if (printable(text) != text) return spelled_out(text);
  bool plain = !text.empty();
  for (const unsigned char c : text) plain = plain && is_plain(c);
  return plain ? std::string(text) : in_quotes(text);
}

}  // namespace deepcache_gen
