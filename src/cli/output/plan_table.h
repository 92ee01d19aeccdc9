#pragma once

#include <optional>
#include <string>

#include "pipeline/generation_plan.h"

namespace deepcache_gen {

/// The settings on one line, without the prompts:
/// `scenes: 1 image of 128x128, 20 steps of ddim (discrete), guidance 7.5, interval 3, branch 0 (7 full, 13 cached),
/// seed 1`.
std::string settings_line(const GenerationPlan& plan, const std::string& model);

/// The settings line and a table of every UNet call: index, timestep, sigma, full or cached; no newline at the end.
std::string plan_table(const GenerationPlan& plan, const std::string& model);

/// The same, with the prompts, as one JSON object on one line. `batch_size`: what was asked for.
std::string plan_json(const GenerationPlan& plan, const std::string& model, std::optional<int> batch_size);

}  // namespace deepcache_gen
