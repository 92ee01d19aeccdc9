#pragma once

#include <string>
#include <vector>

#include "cli/options/option_table.h"

namespace deepcache_gen {

/// The script that completes the command's flags and their values in a shell: bash, zsh or fish. Made from
/// `option_table` and `command_table`.
std::string completion_script(const std::string& shell);

// What the completion scripts of all shells are made of, and the scripts; see completion.h.

/// Prints the names of the models that can be used, one a line; `program` is how the script calls the program.
std::string model_names_command(const std::string& program);

std::string joined(const std::vector<std::string>& words, const std::string& separator = " ");
std::vector<std::string> command_names();
/// Every name of a flag that takes a value, whatever it is for: the word after it is neither flag nor command.
std::vector<std::string> names_with_value();
/// The names of all flags that have a meaning with `action`.
std::vector<std::string> names_of_flags(Action action);
/// What a flag does, without a full stop.
std::string one_sentence(const std::string& help);
/// `text` with `before` before each of the characters in `special`.
std::string escaped(const std::string& text, const std::string& special, const std::string& before);

std::string bash_completion();
std::string zsh_completion();
std::string fish_completion();

}  // namespace deepcache_gen
