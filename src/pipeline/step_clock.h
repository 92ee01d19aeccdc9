#pragma once

#include <vector>

#include "caching/cache_policy.h"
#include "pipeline/generated_image.h"

namespace deepcache_gen {

/// Collects how long the steps of a batch took.
class StepClock {
 public:
  void add(StepKind kind, double seconds);
  /// Writes the sum of all steps, and numbers and medians of the full and the cached ones, into `timing`.
  void summarize(Timing& timing) const;

 private:
  std::vector<double> full_, cached_;
};

}  // namespace deepcache_gen
