#pragma once

#include <string>
#include <vector>

#include "cli/options/option_table.h"

namespace deepcache_gen {

/// The words of `text` as a POSIX shell splits them (POSIX.1-2017, Shell Command Language, 2.2): at blanks, with '…',
/// "…" and backslashes, but without any expansion. Throws `UsageError` for a quote that is not closed.
std::vector<std::string> split_shell_words(const std::string& text);

/// A piece of a command line: a flag that is known and its value, or (without `option`) a word that is neither.
struct Argument {
  const Option* option;  ///< a row of the table with that name, whatever action it is for
  std::string flag;      ///< as it was written, or our name where that was another program's
  std::string text;      ///< the flag's value, empty for a switch; or the word
};

/// Takes words apart into flags, their values and what remains. `--flag=value` is the same as `--flag value`; a flag
/// without a value, or followed by another flag, and a switch with one throw `UsageError`.
std::vector<Argument> split_arguments(const std::vector<std::string>& words, const std::vector<Option>& options);

/// Throws the `UsageError` for a word that is neither a flag nor a command: did you mean another?
[[noreturn]] void reject_unknown(const std::string& word, const std::vector<Option>& options);

/// The flag that a key of a file means: --steps for `steps`, or for another program's `num_inference_steps`.
std::string flag_of_key(const std::string& key);

/// What an error says of a key that means no flag: why there is none, did you mean another of `known`, or `otherwise`.
std::string unknown_key_text(const std::string& key, const std::vector<std::string>& known,
                             const std::string& otherwise);

}  // namespace deepcache_gen
