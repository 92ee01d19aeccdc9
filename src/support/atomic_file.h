#pragma once

#include <cstdint>
#include <filesystem>
#include <span>

namespace deepcache_gen {

/// Writes a whole file under a temporary name in the same folder, then renames it over `file`, so that nobody ever sees
/// half a file under that name. Missing parent folders are made. Throws `Error` naming the path and the system's
/// reason; the temporary file is removed.
void write_file_atomically(const std::filesystem::path& file, std::span<const std::uint8_t> bytes);

}  // namespace deepcache_gen
