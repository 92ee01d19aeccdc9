#pragma once

#include <optional>

#include "evaluation/benchmark.h"

namespace deepcache_gen {

/// What the rounds of a cell come to.
struct BenchSummary {
  double median = 0, lowest = 0, highest = 0;  ///< seconds
  std::optional<double> ratio;                 ///< times faster than the original in the same round, median
  std::optional<double> reference;             ///< that of the reference table, where the steps are the same
};

/// Nothing for a cell that was not or could not be measured.
std::optional<BenchSummary> summary_of(const BenchCell& cell);

}  // namespace deepcache_gen
