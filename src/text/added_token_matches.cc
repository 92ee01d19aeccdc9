#include "text/added_token_matches.h"

#include <algorithm>

#include "support/utf8.h"
#include "text/character_class.h"
#include "text/clip_normalizer.h"

namespace deepcache_gen {

AddedTokenMatches::AddedTokenMatches(AddedTokens tokens) {
  for (const AddedToken& token : tokens) {
    std::u32string text = normalized_for_matching(token.spelling);
    if (!text.empty()) by_first_[text.front()].push_back({std::move(text), &token});
  }
  for (auto& [first, spellings] : by_first_) {
    std::stable_sort(spellings.begin(), spellings.end(),
                     [](const Spelling& a, const Spelling& b) { return a.text.size() > b.text.size(); });
  }
}

std::vector<TextPart> AddedTokenMatches::parts_of(std::u32string_view normalized) const {
  std::vector<TextPart> parts;
  std::size_t begin = 0;
  const auto end_text_at = [&](std::size_t end) {
    if (end > begin) parts.push_back({normalized.substr(begin, end - begin)});
  };
  for (std::size_t i = 0; i < normalized.size();) {
    const Spelling* found = longest_at_start(normalized.substr(i));
    if (!found) {
      ++i;
      continue;
    }
    end_text_at(i);
    parts.push_back({normalized.substr(i, found->text.size()), found->token});
    i += found->text.size();
    begin = i;
  }
  end_text_at(normalized.size());
  return parts;
}

const AddedTokenMatches::Spelling* AddedTokenMatches::longest_at_start(std::u32string_view text) const {
  const auto spellings = by_first_.find(text.front());
  if (spellings == by_first_.end()) return nullptr;
  for (const Spelling& spelling : spellings->second) {
    if (text.starts_with(spelling.text)) return &spelling;
  }
  return nullptr;
}

std::u32string normalized_for_matching(std::string_view text) {
  std::u32string result;
  for (const char32_t c : clip_normalized(decode_utf8(text))) {
    const bool is_space = class_of(c) == CharacterClass::kSpace;
    if (is_space && result.ends_with(U' ')) continue;
    result.push_back(is_space ? U' ' : c);
  }
  return result;
}

}  // namespace deepcache_gen
