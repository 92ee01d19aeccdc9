#include "evaluation/bench_summary.h"

#include <algorithm>

#include "evaluation/reference_table.h"

namespace deepcache_gen {
namespace {

constexpr int kStepsOfReference = 50;

std::optional<double> reference_of(const BenchCell& cell) {
  if (cell.plan->settings.steps != kStepsOfReference || cell.setting.is_original()) return {};
  return reference_ratio(cell.size, cell.batch, cell.setting);
}

}  // namespace

std::optional<BenchSummary> summary_of(const BenchCell& cell) {
  if (!cell.problem.empty() || cell.seconds.empty()) return {};
  const auto [lowest, highest] = std::minmax_element(cell.seconds.begin(), cell.seconds.end());
  BenchSummary summary{median_of(cell.seconds), *lowest, *highest, {}, reference_of(cell)};
  if (!cell.ratios.empty()) summary.ratio = median_of(cell.ratios);
  return summary;
}

std::string setting_name(const CacheSetting& setting) {
  if (setting.is_original()) return "original";
  return std::to_string(setting.interval) + "/" + std::to_string(setting.branch);
}

}  // namespace deepcache_gen
