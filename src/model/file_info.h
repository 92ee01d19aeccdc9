#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

namespace deepcache_gen {

/// Size and checksum of one file of a model folder.
struct FileInfo {
  std::uintmax_t size = 0;
  std::string sha256;                ///< 64 lower-case hexadecimal digits
  std::vector<std::string> same_as;  ///< checksums of other files with the same numbers, such as earlier exports

  /// Whether a file of this SHA-256 has the same numbers as this one.
  bool is_same_as(const std::string& other_sha256) const {
    return other_sha256 == sha256 || std::find(same_as.begin(), same_as.end(), other_sha256) != same_as.end();
  }
};

}  // namespace deepcache_gen
