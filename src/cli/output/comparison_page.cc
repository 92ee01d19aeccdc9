#include "cli/output/comparison_page.h"

#include <algorithm>
#include <cmath>
#include <kainjow/mustache.hpp>
#include <nlohmann/json.hpp>
#include <utility>

#include "cli/output/comparison_table.h"
#include "cli/terminal/progress_text.h"
#include "pipeline/picture_settings.h"
#include "support/base64.h"
#include "support/number_text.h"
#include "support/rendered_page.h"
#include "support/utf8.h"
#include "support/version.h"

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

namespace mustache = kainjow::mustache;

// Of the bars' area; comparison_page.html leaves room for the labels around it.
constexpr double kChartWidth = 400, kChartHeight = 110;
constexpr int kViewerWidth = 512;  // pixels; smaller pictures are enlarged to that by a whole number

std::string coordinate(double number) { return number_text("%.2f", number); }

std::string valid(const std::string& text) { return encode_utf8(decode_utf8(text)); }

mustache::list ticks_of(const TimeAxis& axis) {
  mustache::list ticks;
  for (const double tick : axis.ticks()) {
    ticks.push_back(
        mustache::object{{"y", coordinate(kChartHeight * (1 - tick / axis.top()))}, {"label", TimeAxis::label(tick)}});
  }
  return ticks;
}

mustache::list bars_of(const ComparedSetting& setting, const TimeAxis& axis) {
  mustache::list bars;
  for (const StepBar& bar : draw_steps(setting, axis, kChartWidth, kChartHeight)) {
    bars.push_back(mustache::object{{"x", coordinate(bar.x)},
                                    {"y", coordinate(bar.y)},
                                    {"width", coordinate(bar.width)},
                                    {"height", coordinate(bar.height)},
                                    {"right", coordinate(bar.x + bar.width)},
                                    {"kind", kind_text(bar.kind)},
                                    {"is_cut", bar.is_cut},
                                    {"text", bar.text}});
  }
  return bars;
}

mustache::object view_of(const ComparedSetting& setting, const std::vector<std::uint8_t>& png, const TimeAxis& axis,
                         const std::string& sampler) {
  const std::vector<std::string> lines = caption(setting, sampler);
  return {
      {"name", sampler.empty() ? lines.front() : lines[0] + ", " + lines[1]},
      {"begins_sampler", !sampler.empty() && setting.setting.is_original()},
      {"figures", lines.back()},
      {"picture", "data:image/png;base64," + base64(png)},
      {"full", std::to_string(setting.image.timing.full_steps)},
      {"cached", std::to_string(setting.image.timing.cached_steps)},
      {"seconds", number_text("%.3f", setting.seconds())},
      {"speed_up", speed_up_text(setting.speed_up)},
      {"ideal", ideal_text(setting)},
      {"denoise_speed_up", speed_up_text(setting.denoise_speed_up)},
      {"psnr", psnr_text(setting)},
      {"ssim", ssim_text(setting)},
      {"full_step", milliseconds_text(setting.image.timing.full_step)},
      {"cached_step", milliseconds_text(setting.image.timing.cached_step)},
      {"last_step", std::to_string(setting.steps.size())},
      {"bars", bars_of(setting, axis)},
  };
}

mustache::list views_of(const std::vector<ComparedSetting>& settings, const ComparisonPageParts& parts,
                        const TimeAxis& axis) {
  mustache::list views;
  const auto groups = by_sampler(settings);
  for (const auto& group : groups) {
    const std::string sampler = groups.size() > 1 ? sampler_text(group) : "";
    for (const ComparedSetting& setting : group) {
      views.push_back(view_of(setting, parts.pngs.at(views.size()), axis, sampler));
    }
  }
  return views;
}

bool has_cut_bars(const std::vector<ComparedSetting>& settings, const TimeAxis& axis) {
  return std::any_of(settings.begin(), settings.end(), [&](const ComparedSetting& setting) {
    return std::any_of(setting.steps.begin(), setting.steps.end(),
                       [&](const StepReport& step) { return step.seconds > axis.top(); });
  });
}

void add_size(mustache::object& view, const GenerationSettings& asked) {
  const int enlarged = asked.width * std::max(1, kViewerWidth / asked.width);
  view["width"] = std::to_string(asked.width);
  view["height"] = std::to_string(asked.height);
  view["viewer_width"] = std::to_string(enlarged);
  view["is_enlarged"] = enlarged > asked.width;
}

using Fact = std::pair<std::string, std::string>;
using Asked = std::vector<const GenerationSettings*>;

// Of the original of each sampler.
Asked asked_of(const std::vector<ComparedSetting>& settings) {
  Asked asked;
  for (const auto& group : by_sampler(settings)) asked.push_back(&group.front().plan->settings);
  return asked;
}

// Each text once, in order.
std::string each_once(const std::vector<std::string>& texts) {
  std::string all = texts.front();
  for (auto text = texts.begin() + 1; text != texts.end(); ++text) {
    if (std::find(texts.begin(), text, *text) == text) all += ", " + *text;
  }
  return all;
}

std::string shown(const PictureSetting& row, const GenerationSettings& asked) {
  if (row.shown) return row.shown(asked);
  const std::optional<nlohmann::ordered_json> value = row.value(asked);
  return value->is_string() ? value->get<std::string>() : value->dump();
}

// `scenes, 128x128, 20 steps of ddim (discrete), guidance 4, seed 7, cpu in bf16`; of several samplers what each has.
std::string summary_of(const Asked& asked, const RunFacts& run) {
  std::string text = run.model.name;
  for (const PictureSetting& row : picture_settings()) {
    std::vector<std::string> phrases;
    for (const GenerationSettings* each : asked) {
      const std::string phrase = row.phrase ? row.phrase(*each) : "";
      if (!phrase.empty()) phrases.push_back(phrase);
    }
    if (!phrases.empty()) text += ", " + each_once(phrases);
  }
  return text + ", seed " + std::to_string(asked.front()->seed) + ", " + run.engine.device + " in " + run.engine.dtype;
}

// What was asked for and what it was made with as names and texts, in order.
std::vector<Fact> comparison_facts(const Asked& asked, const RunFacts& run) {
  std::vector<Fact> facts;
  for (const PictureSetting& row : picture_settings()) {
    std::vector<std::string> texts;
    for (const GenerationSettings* each : asked) {
      if (!row.label.empty() && row.value(*each)) texts.push_back(shown(row, *each));
    }
    if (!texts.empty()) facts.emplace_back(row.label, each_once(texts));
  }
  facts.insert(facts.end(), {{"model", run.model.name},
                             {"SHA-256 of its UNet", run.model.unet().sha256},
                             {"device", run.engine.device},
                             {"dtype", run.engine.dtype},
                             {"deepcache-gen", kVersion}});
  return facts;
}

mustache::list facts_of(const Asked& asked, const RunFacts& run, const ComparisonPageParts& parts) {
  mustache::list facts;
  const auto add = [&](const auto& fact) {
    facts.push_back(mustache::object{{"name", valid(fact.first)}, {"text", valid(fact.second)}});
  };
  for (const auto& fact : comparison_facts(asked, run)) add(fact);
  for (const auto& fact : parts.versions) add(fact);
  return facts;
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

std::string comparison_page(const std::vector<ComparedSetting>& settings, const RunFacts& run,
                            const ComparisonPageParts& parts) {
  const Asked asked = asked_of(settings);
  const TimeAxis axis(seconds_to_show(settings));  // the same for all, so that the charts compare
  mustache::object view{
      {"prompt", valid(asked.front()->prompt)},
      {"summary", valid(summary_of(asked, run))},
      {"settings", views_of(settings, parts, axis)},
      {"has_cached", settings.size() > 1},
      {"ticks", ticks_of(axis)},
      {"has_cut_bars", has_cut_bars(settings, axis)},
      {"facts", facts_of(asked, run, parts)},
  };
  if (asked.size() > 1) view["columns"] = std::to_string(longest_group(by_sampler(settings)));
  add_size(view, *asked.front());
  return render_page(comparison_page_template(), view);
}

}  // namespace deepcache_gen
