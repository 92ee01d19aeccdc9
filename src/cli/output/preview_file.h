#pragma once

#include <filesystem>

#include "image/image.h"

namespace deepcache_gen {

/// The file of --preview: a small PNG of the pictures that are being made, replaced as they take shape.
class PreviewFile {
 public:
  /// Throws `UsageError` where the file is there and is not an earlier preview, unless `overwrite`, and `Error` where
  /// it can't be written.
  PreviewFile(std::filesystem::path file, bool overwrite);

  /// Throws `Error` where it can't be written; what was there before is whole then.
  void replace(const Image& preview) const;

 private:
  std::filesystem::path file_;
};

}  // namespace deepcache_gen
