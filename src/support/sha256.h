#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace deepcache_gen {

/// The SHA-256 of these bytes as 64 lower-case hexadecimal digits.
std::string sha256_of(std::string_view bytes);

/// The SHA-256 of a file's content as 64 lower-case hexadecimal digits. Throws `Error` where it can't be read.
std::string sha256_of_file(const std::filesystem::path& file);

}  // namespace deepcache_gen
