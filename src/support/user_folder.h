#pragma once

#include <filesystem>
#include <optional>

namespace deepcache_gen {

/// Where this program keeps one kind of the user's files: `$VARIABLE/deepcache-gen`, or
/// `$HOME/BELOW_HOME/deepcache-gen` where that variable holds no absolute path, as the XDG Base Directory Specification
/// has it. Nothing where there is no home either.
std::optional<std::filesystem::path> user_folder(const char* variable, const std::filesystem::path& below_home);

}  // namespace deepcache_gen
