#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "cli/output/picture.h"
#include "evaluation/comparison.h"
#include "pipeline/generation_plan.h"

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

/// What all settings of a comparison have in common, on one line: `scenes, 128x128, 20 steps of ddim (discrete),
/// guidance 4, seed 7, cpu in bf16`.
std::string comparison_summary(const GenerationSettings& asked, const RunFacts& run);

/// The same, the prompts and the version of the program as names and texts, in order.
std::vector<std::pair<std::string, std::string>> comparison_facts(const GenerationSettings& asked, const RunFacts& run);

/// The Mustache template comparison_page.html, which the build embeds.
std::span<const std::uint8_t> comparison_page_template();

}  // namespace deepcache_gen
