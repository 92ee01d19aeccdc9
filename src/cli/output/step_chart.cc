#include "cli/output/step_chart.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "cli/output/comparison_table.h"
#include "cli/terminal/progress_text.h"
#include "support/number_text.h"

namespace deepcache_gen {
namespace {

constexpr double kMostTicks = 5;
constexpr double kBarShare = 0.8;  // of a step's width; the rest is the gap
constexpr double kMilliseconds = 1000;

constexpr double kUsual = 2.5;  // times the longest median
constexpr double kShortest = 1e-6;

// The smallest of 1, 2 or 5 times a power of ten that is `least` or more.
double round_number(double least) {
  const double power = std::pow(10, std::floor(std::log10(least)));
  for (const double digit : {1, 2, 5}) {
    if (digit * power >= least * (1 - 1e-9)) return digit * power;
  }
  return 10 * power;
}

std::string bar_text(std::size_t index, StepKind kind, double seconds) {
  return "step " + std::to_string(index + 1) + ": " + kind_text(kind) + ", " + milliseconds_text(seconds);
}

}  // namespace

TimeAxis::TimeAxis(double seconds)
    : step_(round_number(seconds / kMostTicks)), top_(step_ * std::ceil(seconds / step_ * (1 - 1e-9))) {}

std::vector<double> TimeAxis::ticks() const {
  std::vector<double> ticks;
  const auto count = std::lround(top_ / step_);
  for (long tick = 0; tick <= count; ++tick) ticks.push_back(static_cast<double>(tick) * step_);
  return ticks;
}

std::string TimeAxis::label(double seconds) { return number_text("%.6g", seconds * kMilliseconds); }

double seconds_to_show(const std::vector<ComparedSetting>& settings) {
  double longest = kShortest, usual = 0;
  for (const ComparedSetting& setting : settings) {
    for (const StepReport& step : setting.steps) longest = std::max(longest, step.seconds);
    usual = std::max({usual, setting.image.timing.full_step, setting.image.timing.cached_step});
  }
  return usual > kShortest ? std::min(longest, kUsual * usual) : longest;
}

std::vector<StepBar> draw_steps(const ComparedSetting& setting, const TimeAxis& axis, double width, double height) {
  std::vector<StepBar> bars;
  const double slot = width / static_cast<double>(setting.steps.size());
  for (std::size_t i = 0; i < setting.steps.size(); ++i) {
    const auto [kind, seconds] = std::pair(setting.steps[i].choice.kind, setting.steps[i].seconds);
    const double whole_height = height * seconds / axis.top();
    const double bar_height = std::min(whole_height, height);
    bars.push_back({.x = slot * (static_cast<double>(i) + (1 - kBarShare) / 2),
                    .y = height - bar_height,
                    .width = slot * kBarShare,
                    .height = bar_height,
                    .kind = kind,
                    .is_cut = whole_height > height,
                    .text = bar_text(i, kind, seconds)});
  }
  return bars;
}

}  // namespace deepcache_gen
