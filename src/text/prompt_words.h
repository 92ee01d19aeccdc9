#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace deepcache_gen {

/// The words of a prompt as a reader sees them, in lower case and in their order: runs of letters, their marks and
/// digits, with at least one letter. An apostrophe between two of these belongs to the word and is written "'"; a
/// possessive 's does not. A byte that is not UTF-8 separates words.
std::vector<std::string> prompt_words(std::string_view prompt);

}  // namespace deepcache_gen
