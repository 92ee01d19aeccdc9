#pragma once

#include <cstddef>
#include <filesystem>
#include <span>

#include "backend/archive/archive_records.h"

namespace deepcache_gen {

/// Reads an archive as far as it decides what LibTorch will do with it, and returns the records that LibTorch needs:
/// its code, its values, its numbers. The code is that of traced modules (backend/archive/module_class.h); every value
/// is of the type that the code gives it, every tensor lies within its record; nothing contains itself, and what is
/// nested or shared stays small when it is written out. Throws `Error` that names what is otherwise. Looks at no number
/// of a weight.
ArchiveRecords read_archive_contents(std::span<const std::byte> file);

/// The same for a file, of which nothing is returned. Throws `Error` naming it.
void check_archive(const std::filesystem::path& file);

}  // namespace deepcache_gen
