#pragma once

#include <span>
#include <string>
#include <vector>

#include "pipeline/generation_plan.h"

namespace deepcache_gen {

/// A way from a request to a picture: a file of this folder and a row.
struct PictureTask {
  const char* name;
  bool (*is_asked_for)(const GenerationSettings& settings);
  std::vector<Pass> (*plan)(const GenerationSettings& settings);
};

/// Every task; the first that is asked for counts.
std::span<const PictureTask> task_table();
const PictureTask& task_of(const GenerationSettings& settings);

/// All calls of the settings' sampler as its policy decides them, at that size.
std::vector<PlannedCall> plan_calls(const GenerationSettings& settings);

}  // namespace deepcache_gen
