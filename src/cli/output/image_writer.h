#pragma once

#include <optional>

#include "cli/options/command_line.h"
#include "cli/output/latents_file.h"
#include "cli/output/output_names.h"
#include "cli/output/results.h"
#include "cli/output/run_facts.h"

namespace deepcache_gen {

/// Writes the finished images of a run, each at once: the PNG, its latents where wanted, then its path or JSON record
/// as a result.
class ImageWriter {
 public:
  /// Checks every path of the run's output. Throws `UsageError` for a name that is not accepted and `Error` for one
  /// that cannot be written.
  ImageWriter(const OutputOptions& options, const GenerationSettings& settings, Results results);

  /// Throws `Error` where something cannot be written.
  void write(const RunFacts& run, GeneratedImage image);

 private:
  OutputNames names_;
  std::optional<LatentsFile> latents_;
  Results results_;
  bool json_;
};

}  // namespace deepcache_gen
