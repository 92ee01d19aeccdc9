#pragma once

#include <string>
#include <utility>
#include <vector>

#include "cli/output/run_facts.h"
#include "pipeline/generation_plan.h"

namespace deepcache_gen {

/// What all settings of a comparison have in common, on one line: `scenes, 128x128, 20 steps of ddim (discrete),
/// guidance 4, seed 7, cpu in bf16`.
std::string comparison_summary(const GenerationSettings& asked, const RunFacts& run);

/// The same, the prompts and the version of the program as names and texts, in order.
std::vector<std::pair<std::string, std::string>> comparison_facts(const GenerationSettings& asked, const RunFacts& run);

}  // namespace deepcache_gen
