#include "evaluation/bench_summary.h"

#include <algorithm>

#include "evaluation/reference_table.h"
#include "support/median.h"

namespace deepcache_gen {
namespace {

constexpr int kStepsOfReference = 50;

std::optional<double> reference_of(const BenchCell& cell) {
  if (cell.plan->settings.steps != kStepsOfReference || !caches(cell.setting)) return {};
  return reference_ratio(cell.size, cell.batch, cell.setting);
}

}  // namespace

std::optional<BenchSummary> summary_of(const BenchCell& cell) {
  if (!cell.problem.empty() || cell.seconds.empty()) return {};
  const auto [lowest, highest] = std::minmax_element(cell.seconds.begin(), cell.seconds.end());
  BenchSummary summary{median(cell.seconds), *lowest, *highest, {}, reference_of(cell)};
  if (!cell.ratios.empty()) summary.ratio = median(cell.ratios);
  return summary;
}

}  // namespace deepcache_gen
