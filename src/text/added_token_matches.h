#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "text/added_tokens.h"

namespace deepcache_gen {

/// A part of a text: an added token, or what stands between two of them.
struct TextPart {
  std::u32string_view text;           ///< of the text that was given
  const AddedToken* token = nullptr;  ///< null: plain text
};

/// Finds added tokens in text as `CLIPTokenizer` of transformers does: anywhere, also within words, the leftmost first
/// and of those that begin there the longest.
class AddedTokenMatches {
 public:
  /// `tokens` is borrowed.
  explicit AddedTokenMatches(AddedTokens tokens);

  /// The parts of `normalized` (see `normalized_for_matching`), in order, none of them empty.
  std::vector<TextPart> parts_of(std::u32string_view normalized) const;

 private:
  struct Spelling {
    std::u32string text;
    const AddedToken* token;
  };
  const Spelling* longest_at_start(std::u32string_view text) const;

  std::unordered_map<char32_t, std::vector<Spelling>> by_first_;  ///< each list from the longest to the shortest
};

/// Text as spellings are compared: `clip_normalized`, with one space for every run of white space.
std::u32string normalized_for_matching(std::string_view text);

}  // namespace deepcache_gen
