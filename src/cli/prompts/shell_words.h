#pragma once

#include <string>
#include <vector>

namespace deepcache_gen {

/// The words of `text` as a POSIX shell splits them (POSIX.1-2017, Shell Command Language, 2.2): at blanks, with '…',
/// "…" and backslashes, but without any expansion. Throws `UsageError` for a quote that is not closed.
std::vector<std::string> split_shell_words(const std::string& text);

}  // namespace deepcache_gen
