#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "cli/output/picture.h"
#include "evaluation/comparison.h"
#include "pipeline/generation_plan.h"

namespace deepcache_gen {

/// A vertical axis of milliseconds from 0 that ends at a round number.
class TimeAxis {
 public:
  /// Reaches at least to `seconds`, which is above 0, in one to five ticks.
  explicit TimeAxis(double seconds);

  double top() const { return top_; }  ///< seconds at the axis's end
  /// The seconds that get a line and a label, 0 among them, upwards.
  std::vector<double> ticks() const;
  /// The label of a tick in milliseconds, such as `250` or `0.5`.
  static std::string label(double seconds);

 private:
  double step_, top_;
};

/// The bar of one step, in the units of the chart from its top left.
struct StepBar {
  double x, y, width, height;
  StepKind kind;
  bool is_cut;       ///< it would be higher than the area
  std::string text;  ///< `step 3: cached, 61.2 ms`
};

/// The seconds that an axis for all these settings should reach: the longest step; but a step that took far longer than
/// the usual ones, as on a busy machine, does not count. Above 0.
double seconds_to_show(const std::vector<ComparedSetting>& settings);

/// The bars of a setting's steps, side by side in an area of that size; the axis is as high as the area.
std::vector<StepBar> draw_steps(const ComparedSetting& setting, const TimeAxis& axis, double width, double height);

/// What a page about a comparison shows beside the figures.
struct ComparisonPageParts {
  std::vector<std::vector<std::uint8_t>> pngs;                ///< the picture of each setting, as a file
  std::vector<std::pair<std::string, std::string>> versions;  ///< names and texts of what it ran with
};

/// One HTML page about a comparison that needs nothing but itself, and no scripts to be read: pictures, a slider
/// between the original and a cached picture, the table, a chart of every step, settings and versions. Texts are
/// escaped; what is no UTF-8 in them becomes U+FFFD.
std::string comparison_page(const std::vector<ComparedSetting>& settings, const RunFacts& run,
                            const ComparisonPageParts& parts);

/// The Mustache template comparison_page.html, which the build embeds.
std::span<const std::uint8_t> comparison_page_template();

}  // namespace deepcache_gen
