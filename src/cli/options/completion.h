#pragma once

#include <string>

namespace deepcache_gen {

/// The script that completes the command's flags and their values in a shell: bash, zsh or fish. Made from
/// `option_table` and `command_table`.
std::string completion_script(const std::string& shell);

}  // namespace deepcache_gen
