#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cli/options/command_line.h"
#include "cli/options/option_table.h"
#include "support/error.h"

namespace deepcache_gen {

/// The user's configuration: deepcache-gen/config.toml below $XDG_CONFIG_HOME or $HOME/.config, as the XDG Base
/// Directory Specification has it. Nothing where neither is set or the file is not there.
std::optional<std::filesystem::path> user_config_file();

/// Reads flags from a TOML or INI file, `steps = 30`, into `line`: those that mean something to its action, are not
/// among `given`, the flags of the command line, and don't exclude one of these. A key is a long name with `-` or `_`
/// inside; `~/` begins a path below $HOME. What is set is noted in `line.picture.configured`. Throws `Error` where the
/// file can't be read or has more than 64 KiB, `UsageError` for what is not accepted in it.
void read_config_file(const std::filesystem::path& file, const std::vector<Option>& options,
                      const std::vector<const Option*>& given, CommandLine& line);

/// The file's path as people write it: `~/.config/...` for what lies below $HOME.
std::string shown_path(const std::filesystem::path& file);

/// The error's message and, where it is about a flag of the configuration file (it says so, or the path that is the
/// value stands in it), which one and which file.
std::string with_origin(const Error& error, const ConfiguredFlags& configured);

/// Does the work; a `UsageError` or `Error` that it throws goes on with its message as `with_origin` has it.
void tell_origins(const ConfiguredFlags& configured, const std::function<void()>& work);

}  // namespace deepcache_gen
