#pragma once

#include <string>
#include <vector>

#include "cli/output/comparison_files.h"
#include "cli/output/run_facts.h"
#include "evaluation/comparison.h"

namespace deepcache_gen {

/// The table of `compare` for people: a line for every setting; no newline at the end.
std::string comparison_table(const std::vector<ComparedSetting>& settings);

/// The same as one JSON object on one line, with the files and the seconds of every step. What is
/// infinite (the PSNR of equal pictures) is null.
std::string comparison_json(const std::vector<ComparedSetting>& settings, const RunFacts& run,
                            const ComparisonFiles& files);

}  // namespace deepcache_gen
