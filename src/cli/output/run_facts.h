#pragma once

#include <string>

#include "pipeline/generation_plan.h"

namespace deepcache_gen {

/// What is the same for every image of a run, for the records that are kept of them.
struct RunFacts {
  GenerationPlan plan;
  std::string model;   ///< its name
  std::string device;  ///< cpu or cuda:N
  std::string dtype;   ///< fp32, fp16 or bf16
  double load_seconds = 0;
};

}  // namespace deepcache_gen
