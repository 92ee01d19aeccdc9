#pragma once

#include <string>
#include <vector>

#include "evaluation/comparison.h"

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

}  // namespace deepcache_gen
