#pragma once

#include "cli/options/command_line.h"
#include "cli/output/picture.h"
#include "cli/output/run_facts.h"

namespace deepcache_gen {

/// What to do about files that are there before a run.
class PictureFiles {
 public:
  PictureFiles(const OutputOptions& options, ModelIdentity model);

  /// True where --resume finds the picture made. Throws `UsageError` where the file holds anything else and may not be
  /// replaced, and `Error` where it can't be written.
  bool is_made(const Picture& picture) const;

  /// For a file beside the pictures that is never the same twice, such as one with times in it, and that `flag` asks
  /// for. Throws `UsageError` where there is one that may not be replaced, and `Error` where it can't be written.
  void require_free(const std::string& flag, const std::filesystem::path& file) const;

 private:
  bool resume_, overwrite_;
  ModelIdentity model_;
};

}  // namespace deepcache_gen
