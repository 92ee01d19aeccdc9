#pragma once

#include <filesystem>
#include <string>

namespace deepcache_gen {

/// Whether `name` names a file below a folder, whatever lies there: at most 255 bytes; parts with / between, none of
/// them empty, "." or ".."; without control characters and backslashes.
bool is_plain_file_name(const std::string& name);

/// Throws `Error` unless the file of that name is there, is a regular file and, after following links, lies in the
/// folder. The folder itself may be a link.
void require_file_in_folder(const std::filesystem::path& folder, const std::string& name);

}  // namespace deepcache_gen
