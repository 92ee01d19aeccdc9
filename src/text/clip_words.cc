#include "text/clip_words.h"

#include <algorithm>
#include <cstddef>

#include "text/character_class.h"

namespace deepcache_gen {
namespace {

constexpr std::u32string_view kContractions[] = {U"'s", U"'t", U"'re", U"'ve", U"'m", U"'ll", U"'d"};
constexpr std::u32string_view kSpelledSpecials[] = {U"<|startoftext|>", U"<|endoftext|>"};

std::size_t run_length(std::u32string_view text) {
  const CharacterClass first = class_of(text.front());
  if (first == CharacterClass::kNumber) return 1;
  const auto end = std::find_if(text.begin(), text.end(), [first](char32_t c) { return class_of(c) != first; });
  return static_cast<std::size_t>(end - text.begin());
}

std::size_t word_length(std::u32string_view text) {
  for (const std::u32string_view contraction : kContractions) {
    if (text.starts_with(contraction)) return contraction.size();
  }
  return run_length(text);
}

// A special token in the text proper was taken out before; this one only became one in lower case.
std::size_t match_length(std::u32string_view text) {
  for (const std::u32string_view special : kSpelledSpecials) {
    if (text.starts_with(special)) return special.size();
  }
  return word_length(text);
}

void append_words(std::u32string_view match, std::vector<std::u32string_view>& words) {
  while (!match.empty()) {
    const std::size_t length = word_length(match);
    if (class_of(match.front()) != CharacterClass::kSpace) words.push_back(match.substr(0, length));
    match.remove_prefix(length);
  }
}

}  // namespace

std::vector<std::u32string_view> clip_words(std::u32string_view text) {
  std::vector<std::u32string_view> words;
  while (!text.empty()) {
    const std::size_t length = match_length(text);
    append_words(text.substr(0, length), words);
    text.remove_prefix(length);
  }
  return words;
}

}  // namespace deepcache_gen
