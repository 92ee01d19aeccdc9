#include "text/prompt_words.h"

#include <utf8proc.h>

#include <algorithm>
#include <cstddef>

#include "support/utf8.h"
#include "text/clip_normalizer.h"

namespace deepcache_gen {
namespace {

constexpr std::u32string_view kPossessive = U"'s";

bool is_letter(char32_t c) {
  const auto category = utf8proc_category(static_cast<utf8proc_int32_t>(c));
  return category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO;
}

bool is_mark_or_number(char32_t c) {
  const auto category = utf8proc_category(static_cast<utf8proc_int32_t>(c));
  return category >= UTF8PROC_CATEGORY_MN && category <= UTF8PROC_CATEGORY_NO;
}

bool is_part_of_word(char32_t c) { return is_letter(c) || is_mark_or_number(c); }

bool is_apostrophe(char32_t c) { return c == U'\'' || c == U'\u2019'; }

std::size_t leading_word_length(std::u32string_view text) {
  std::size_t length = 0;
  while (length < text.size()) {
    const bool joins = length > 0 && is_apostrophe(text[length]) && length + 1 < text.size();
    if (!is_part_of_word(text[joins ? length + 1 : length])) break;
    ++length;
  }
  return length;
}

void append_word(std::u32string word, std::vector<std::string>& words) {
  std::replace_if(word.begin(), word.end(), is_apostrophe, U'\'');
  while (word.ends_with(kPossessive)) word.resize(word.size() - kPossessive.size());
  if (std::any_of(word.begin(), word.end(), is_letter)) words.push_back(encode_utf8(word));
}

}  // namespace

std::vector<std::string> prompt_words(std::string_view prompt) {
  const std::u32string normalized = clip_normalized(decode_utf8(prompt));
  std::vector<std::string> words;
  for (std::u32string_view text = normalized; !text.empty();) {
    const std::size_t length = leading_word_length(text);
    if (length > 0) append_word(std::u32string(text.substr(0, length)), words);
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return words;
}

}  // namespace deepcache_gen
