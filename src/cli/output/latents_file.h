#pragma once

#include <filesystem>
#include <vector>

#include "pipeline/generated_image.h"

namespace deepcache_gen {

/// The .npy file of --save-latents. It is written anew, atomically, with every image: whatever ends the run, the file
/// has the latents of the finished images.
class LatentsFile {
 public:
  /// Throws `UsageError` unless `file` ends in .npy, `Error` where it can't be written.
  explicit LatentsFile(std::filesystem::path file);

  /// Appends one image's latents. Throws `Error` where the file can't be written.
  void add(Latents latents);

 private:
  std::filesystem::path file_;
  std::vector<Latents> latents_;
};

}  // namespace deepcache_gen
