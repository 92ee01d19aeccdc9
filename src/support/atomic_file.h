#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>

#include "support/file_descriptor.h"

namespace deepcache_gen {

/// Writes a whole file under a temporary name in the same folder, then renames it over `file`, so that nobody ever sees
/// half a file under that name. Missing parent folders are made. Throws `Error` naming the path and the system's
/// reason, `NoMoreOutput` where the disk is full; the temporary file is removed.
void write_file_atomically(const std::filesystem::path& file, std::span<const std::uint8_t> bytes);

/// The same of a file that others write: `write` is told the temporary name, under which there is an empty file, which
/// it fills or replaces.
void write_file_atomically(const std::filesystem::path& file,
                           const std::function<void(const std::filesystem::path& temporary)>& write);

/// The same as the first, and leaves the file open for more to be written to it.
FileDescriptor write_and_keep_open(const std::filesystem::path& file, std::span<const std::uint8_t> bytes);

/// Throws the `Error` that `write_file_atomically` would throw for `file`, as far as that shows in making its parent
/// folders and an empty temporary file; so that hours of work don't end in a mistyped path.
void require_writable(const std::filesystem::path& file);

}  // namespace deepcache_gen
