#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

namespace deepcache_gen {

/// All of a file that others wrote. Never waits: throws `Error` naming the file where it is no regular file (a folder,
/// a pipe, a device), holds more than `most` bytes or can't be read.
std::string read_regular_file(const std::filesystem::path& file, std::size_t most);

/// All of a file that the user named, which may be a pipe or a device as well. Throws `Error` naming the file where it
/// holds more than `most` bytes or can't be read.
std::string read_any_file(const std::filesystem::path& file, std::size_t most);

}  // namespace deepcache_gen
