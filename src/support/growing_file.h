#pragma once

#include <cstdint>
#include <filesystem>
#include <span>

#include "support/file_descriptor.h"

namespace deepcache_gen {

/// A file that grows while others may read it, and whose start says how much of it counts. Each call returns when the
/// disk has what it wrote, so that a start never counts what a power cut takes away. Throws `Error` naming the path and
/// the system's reason, `NoMoreOutput` where the disk is full.
class GrowingFile {
 public:
  /// Puts a new file with this content under the name, as `write_file_atomically` does.
  GrowingFile(std::filesystem::path file, std::span<const std::uint8_t> bytes);

  /// Adds to the end; all of it or, where it throws, nothing. Throws too where the file lies no more under its name.
  void append(std::span<const std::uint8_t> bytes);

  /// Writes over the start. Of up to 512 bytes, a disk's sector, never a part stays.
  void replace_start(std::span<const std::uint8_t> bytes);

 private:
  bool is_still_there() const;
  void write(std::span<const std::uint8_t> bytes, std::int64_t position);

  std::filesystem::path file_;
  FileDescriptor fd_;
  std::int64_t size_;
};

}  // namespace deepcache_gen
