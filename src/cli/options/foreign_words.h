#pragma once

#include <span>
#include <string>
#include <string_view>

namespace deepcache_gen {

/// A flag or command of another program that makes pictures.
struct ForeignWord {
  std::string_view word;
  std::string_view tools;   ///< who calls it so
  std::string_view ours;    ///< our flag that means the same and is taken for it; empty: there is none
  std::string_view remark;  ///< why there is none, and what to do instead; empty where there is one
};

/// Every one that is known, in the order of the table in docs/coming-from.md.
std::span<const ForeignWord> foreign_words();

/// The one written so, with hyphens or underscores; null where there is none.
const ForeignWord* find_foreign_word(std::string_view word);

/// Our flag for `word`: that which means the same where it is another program's; else the word, a long flag with
/// hyphens for underscores, as Python programs write them.
std::string flag_meant(std::string_view word);

/// The table of docs/coming-from.md, in Markdown.
std::string foreign_words_markdown();

}  // namespace deepcache_gen
