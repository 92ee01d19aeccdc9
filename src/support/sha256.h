#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace deepcache_gen {

/// The SHA-256 of these bytes as 64 lower-case hexadecimal digits.
std::string sha256_of(std::string_view bytes);

/// The SHA-256 of a file's content as 64 lower-case hexadecimal digits. Throws `Error` where it can't be read.
std::string sha256_of_file(const std::filesystem::path& file);

/// The same, of what is left of it from the byte `first` on.
std::string sha256_of_file(const std::filesystem::path& file, std::uint64_t first);

}  // namespace deepcache_gen
