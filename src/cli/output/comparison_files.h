#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "caching/cache_spec.h"
#include "cli/options/command_line.h"

namespace deepcache_gen {

/// The files that `compare` writes.
struct ComparisonFiles {
  std::vector<std::filesystem::path> pictures;  ///< one per setting: original.png, interval3-branch0.png
  std::filesystem::path contact_sheet;
  std::optional<std::filesystem::path> page;  ///< unset: no report was asked for
};

/// The files for these settings: pictures and contact sheet in the folder of --output, the page in that of --report.
ComparisonFiles name_comparison_files(const std::vector<CacheSpec>& settings, const CommandLine& line);

}  // namespace deepcache_gen
