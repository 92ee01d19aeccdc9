#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "cli/output/run_facts.h"
#include "evaluation/comparison.h"

namespace deepcache_gen {

/// What a page about a comparison shows beside the figures.
struct ComparisonPageParts {
  std::vector<std::vector<std::uint8_t>> pngs;                ///< the picture of each setting, as a file
  std::vector<std::pair<std::string, std::string>> versions;  ///< names and texts of what it ran with
};

/// One HTML page about a comparison that needs nothing but itself, and no scripts to be read: pictures, a slider
/// between the original and a cached picture, the table, a chart of every step, settings and versions. Texts are
/// escaped; what is no UTF-8 in them becomes U+FFFD.
std::string comparison_page(const std::vector<ComparedSetting>& settings, const RunFacts& run,
                            const ComparisonPageParts& parts);

}  // namespace deepcache_gen
