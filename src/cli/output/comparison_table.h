#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "cli/output/run_facts.h"
#include "evaluation/comparison.h"

namespace deepcache_gen {

/// A setting as names and tables write it: original, or interval 3, branch 0.
std::string setting_text(const CacheSetting& setting);

/// The table of `compare` for people: a line for every setting; no newline at the end.
std::string comparison_table(const std::vector<ComparedSetting>& settings);

/// The same as one JSON object on one line, with the files of the pictures and the seconds of every step. What is
/// infinite (the PSNR of equal pictures) is null.
std::string comparison_json(const std::vector<ComparedSetting>& settings, const RunFacts& run,
                            const std::vector<std::filesystem::path>& files);

}  // namespace deepcache_gen
