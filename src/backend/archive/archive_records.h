#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>

namespace deepcache_gen {

/// Where the bytes of a record lie in its archive.
struct ArchiveRecord {
  std::uint64_t position;
  std::uint64_t size;
};

/// The records of an archive by name, without the folder that all of them lie in.
using ArchiveRecords = std::map<std::string, ArchiveRecord>;

/// Reads the directory of a zip archive as TorchScript writes it: all records in one folder, stored, one after the
/// other (APPNOTE.TXT 6.3.10, with its 64-bit forms). Looks at nothing else of the records. Throws `Error` where
/// anything is otherwise: compressed, encrypted, overlapping, outside of the file, twice the same name.
ArchiveRecords read_archive_records(std::span<const std::byte> file);

}  // namespace deepcache_gen
