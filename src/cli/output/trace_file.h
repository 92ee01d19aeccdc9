#pragma once

#include <filesystem>
#include <fstream>
#include <vector>

#include "cli/output/picture.h"
#include "pipeline/observer.h"

namespace deepcache_gen {

/// The file of --trace: a line for every UNet call, written as it happens. A line is a JSON object with the pictures of
/// the call, its index, timestep, sigma, kind and milliseconds, and how far it moved latents and deep feature (null
/// where there is nothing to compare with; see `Movement`).
class TraceFile {
 public:
  /// Begins a new file. Throws `Error` where it can't be written.
  explicit TraceFile(std::filesystem::path file);

  /// Throws `NoMoreOutput` where the line can't be written.
  void add(const std::vector<Picture>& batch, const StepReport& step);

 private:
  std::filesystem::path file_;
  std::ofstream stream_;
};

}  // namespace deepcache_gen
