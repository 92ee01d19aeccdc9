#pragma once

#include <filesystem>

namespace deepcache_gen {

/// Throws the `Error` for a file that the system, for the reason in errno, would not write: `NoMoreOutput` where the
/// disk is full.
[[noreturn]] void throw_write_error(const std::filesystem::path& file);

}  // namespace deepcache_gen
