#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "support/file_state.h"

namespace deepcache_gen {

/// SHA-256 of a safetensors file, in hexadecimal digits.
struct FileChecksum {
  std::string whole;    ///< of all its bytes
  std::string tensors;  ///< of those behind its header
};

/// The checksums of the files that the requests of a run name. A file is read again only where it has changed: a list
/// of prompts may name one a thousand times. For one thread at a time.
class FileChecksums {
 public:
  /// Throws `Error` naming the file where it is no whole safetensors file or can't be read.
  const FileChecksum& of(const std::filesystem::path& file);

 private:
  struct Known {
    FileState state;
    FileChecksum checksum;
  };
  std::map<std::filesystem::path, Known> known_;
};

}  // namespace deepcache_gen
