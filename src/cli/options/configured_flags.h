#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>

namespace deepcache_gen {

/// The flags whose values come from a configuration file and not from the command line.
struct ConfiguredFlags {
  std::filesystem::path file;
  std::map<std::string, std::string> values;  ///< by long name; "true" for a switch
};

/// The file's path as people write it: `~/.config/...` for what lies below $HOME.
std::string shown_path(const std::filesystem::path& file);

/// `message` and, where it is about a flag of the configuration file (it names the flag, or the value in quotes, or the
/// path that is the value), which one and which file.
std::string with_origin(const std::string& message, const ConfiguredFlags& configured);

/// Does the work; a `UsageError` or `Error` that it throws goes on with its message as `with_origin` has it.
void tell_origins(const ConfiguredFlags& configured, const std::function<void()>& work);

}  // namespace deepcache_gen
