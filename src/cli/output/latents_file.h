#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "pipeline/generated_image.h"
#include "support/growing_file.h"

namespace deepcache_gen {

/// What begins a NumPy .npy file (format 1.0, numpy.lib.format) of the latents of `count` images that have the shape of
/// `latents`: an array of count x channels x height x width little-endian float32, whose values follow. Two counts make
/// headers that differ in digits only, so that a file with values added needs just its header anew.
std::vector<std::uint8_t> npy_header(int count, const Latents& latents);

/// The values of one image as they stand in the file.
std::vector<std::uint8_t> npy_values(const Latents& latents);

/// The .npy file of --save-latents. The first image's latents put a new file under its name, and what was there stays
/// until then; those of others are added to it, and then it says that they are there. So whatever ends the run, and
/// whoever reads it meanwhile, the file is an array of the finished images' latents, none of them in part.
class LatentsFile {
 public:
  /// Throws `UsageError` unless `file` ends in .npy, `Error` where it can't be written.
  explicit LatentsFile(std::filesystem::path file);

  /// Adds one image's latents, all of one shape. Throws `Error` where the file can't be written, `NoMoreOutput` where
  /// the disk is full.
  void add(const Latents& latents);

 private:
  std::filesystem::path path_;
  std::optional<GrowingFile> file_;  ///< unset before the first image
  int count_ = 0;                    ///< of images in the file
};

}  // namespace deepcache_gen
