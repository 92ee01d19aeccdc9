#include "evaluation/tuning_report.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <kainjow/mustache.hpp>
#include <nlohmann/json.hpp>

#include "support/json_text.h"
#include "support/number_text.h"
#include "support/printable.h"
#include "support/rendered_page.h"

namespace deepcache_gen {
namespace {

namespace mustache = kainjow::mustache;
using TuningJson = nlohmann::ordered_json;

constexpr double kSame = 100;  // decibels that equal pictures count as

struct Look {
  CheckKind kind;
  const char *name, *color_class;
};
constexpr Look kLooks[]{{CheckKind::uncached, "no caching", "uncached"},
                        {CheckKind::tuned, "tuned", "tuned"},
                        {CheckKind::uniform, "uniform", "uniform"},
                        {CheckKind::fewer_steps, "fewer steps", "steps"},
                        {CheckKind::fewer_steps_on_curve, "fewer steps on the curve", "curve"}};

const Look& look_of(CheckKind kind) {
  return *std::find_if(std::begin(kLooks), std::end(kLooks), [&](const Look& look) { return look.kind == kind; });
}

std::vector<const CheckedSetting*> by_seconds(const Tuning& tuning) {
  std::vector<const CheckedSetting*> settings;
  for (const CheckedSetting& setting : tuning.checked) settings.push_back(&setting);
  std::stable_sort(settings.begin(), settings.end(),
                   [](const auto* a, const auto* b) { return a->seconds > b->seconds; });
  return settings;
}

std::string decibels_text(double psnr) { return psnr >= kSame ? "same" : number_text("%.2f", psnr); }

std::string similarity_text(const CheckedSetting& setting) {
  return setting.ssim ? number_text("%.4f", *setting.ssim) : "-";
}

std::string full_text(const Tuning& tuning, const CheckedSetting& setting) {
  if (!setting.setting.place) return "-";
  std::string text;
  for (const int call : tuning.tuned.front[*setting.setting.place].full) {
    text.append(text.empty() ? "" : "+").append(std::to_string(call));
  }
  return text;
}

// A chart of one quality over seconds.
class Chart {
 public:
  static constexpr double kWidth = 640, kHeight = 320, kLeft = 52, kRight = 12, kTop = 12, kBottom = 36;

  Chart(const Tuning& tuning, double (*quality)(const CheckedSetting&)) : quality_(quality) {
    for (const CheckedSetting& setting : tuning.checked) {
      if (setting.setting.kind != CheckKind::uncached) settings_.push_back(&setting);
    }
    if (settings_.empty()) return;
    const auto [low, high] = std::minmax_element(
        settings_.begin(), settings_.end(), [&](const auto* a, const auto* b) { return quality_(*a) < quality_(*b); });
    least_ = quality_(**low);
    most_ = quality_(**high);
    const double margin = std::max((most_ - least_) / 10, 1e-3);
    least_ -= margin;
    most_ += margin;
    for (const CheckedSetting* setting : settings_) longest_ = std::max(longest_, setting->seconds * 1.05);
  }

  mustache::list points() const {
    mustache::list points;
    for (const CheckedSetting* setting : settings_) {
      points.push_back(mustache::object{{"x", text(x(setting->seconds))},
                                        {"y", text(y(quality_(*setting)))},
                                        {"kind", look_of(setting->setting.kind).color_class},
                                        {"text", setting->setting.name + ": " + number_text("%.3f", setting->seconds) +
                                                     " s, " + number_text("%.4g", quality_(*setting))}});
    }
    return points;
  }

  // Of a kind, from the fastest on, joined.
  std::string line(CheckKind kind) const {
    std::vector<const CheckedSetting*> joined;
    for (const CheckedSetting* setting : settings_) {
      if (setting->setting.kind == kind) joined.push_back(setting);
    }
    std::sort(joined.begin(), joined.end(), [](const auto* a, const auto* b) { return a->seconds < b->seconds; });
    std::string points;
    for (const CheckedSetting* setting : joined) {
      points.append(points.empty() ? "" : " ").append(text(x(setting->seconds)));
      points.append(",").append(text(y(quality_(*setting))));
    }
    return points;
  }

  mustache::list ticks_of_quality(const char* format) const {
    return ticks(least_, most_, format, [this](double value) { return y(value); });
  }
  mustache::list ticks_of_seconds() const {
    return ticks(0, longest_, "%g", [this](double value) { return x(value); });
  }

 private:
  static std::string text(double number) { return number_text("%.1f", number); }

  double x(double seconds) const { return kLeft + (kWidth - kLeft - kRight) * seconds / longest_; }
  double y(double quality) const {
    return kHeight - kBottom - (kHeight - kTop - kBottom) * (quality - least_) / (most_ - least_);
  }

  template <class Place>
  static mustache::list ticks(double least, double most, const char* format, const Place& place) {
    constexpr double kTicks = 6;
    const double power = std::pow(10, std::floor(std::log10((most - least) / kTicks)));
    double step = power;
    for (const double digit : {1, 2, 5, 10}) {
      step = digit * power;
      if (step * kTicks >= most - least) break;
    }
    mustache::list ticks;
    for (double value = std::ceil(least / step) * step; value <= most; value += step) {
      ticks.push_back(mustache::object{{"at", text(place(value))}, {"label", number_text(format, value)}});
    }
    return ticks;
  }

  double (*quality_)(const CheckedSetting&);
  std::vector<const CheckedSetting*> settings_;
  double least_ = 0, most_ = 1, longest_ = 1e-3;
};

mustache::object chart_view(const Chart& chart, const std::string& title, const char* format) {
  mustache::list lines;
  for (const Look& look : kLooks) {
    const std::string points = chart.line(look.kind);
    if (!points.empty()) lines.push_back(mustache::object{{"kind", look.color_class}, {"points", points}});
  }
  return {{"title", title},
          {"points", chart.points()},
          {"lines", lines},
          {"quality_ticks", chart.ticks_of_quality(format)},
          {"second_ticks", chart.ticks_of_seconds()}};
}

mustache::list charts_of(const Tuning& tuning) {
  mustache::list charts;
  const auto psnr = [](const CheckedSetting& setting) { return setting.psnr; };
  charts.push_back(chart_view(Chart(tuning, psnr), "PSNR in dB", "%g"));
  if (!tuning.checked.front().ssim) return charts;
  const auto ssim = [](const CheckedSetting& setting) { return *setting.ssim; };
  charts.push_back(chart_view(Chart(tuning, ssim), "SSIM", "%.3g"));
  return charts;
}

mustache::list rows_of(const Tuning& tuning) {
  mustache::list rows;
  for (const CheckedSetting* setting : by_seconds(tuning)) {
    const Look& look = look_of(setting->setting.kind);
    rows.push_back(mustache::object{{"kind", look.color_class},
                                    {"what", look.name},
                                    {"name", setting->setting.name},
                                    {"seconds", number_text("%.3f", setting->seconds)},
                                    {"speed_up", number_text("%.2f", speed_up_of(tuning, *setting))},
                                    {"psnr", decibels_text(setting->psnr)},
                                    {"lowest", decibels_text(setting->lowest_psnr)},
                                    {"ssim", similarity_text(*setting)},
                                    {"full", full_text(tuning, *setting)}});
  }
  return rows;
}

std::string summary_of(const Tuning& tuning, const std::string& model) {
  const TunedCaching& tuned = tuning.tuned;
  return printable(model) + ", " + std::to_string(tuned.width) + "x" + std::to_string(tuned.height) + ", " +
         std::to_string(tuned.steps) + " steps of " + tuned.sampler + " (" + tuned.schedule + "), guidance " +
         number_text("%g", tuned.guidance_scale) + ", " + tuned.device + " in " + tuned.dtype + ", tuned with " +
         std::to_string(tuning.calibration_pictures) + " pictures and checked with " +
         std::to_string(tuning.checked.front().runs.size()) + " others";
}

TuningJson finite_or_null(double number) { return std::isfinite(number) ? TuningJson(number) : TuningJson(); }

TuningJson setting_json(const Tuning& tuning, const CheckedSetting& setting) {
  TuningJson runs = TuningJson::array();
  for (const CheckedRun& run : setting.runs) {
    runs.push_back({{"seconds", to_microseconds(run.seconds)},
                    {"psnr", finite_or_null(run.psnr)},
                    {"ssim", run.ssim ? TuningJson(*run.ssim) : TuningJson()}});
  }
  TuningJson json{{"kind", look_of(setting.setting.kind).color_class},
                  {"setting", setting.setting.name},
                  {"seconds", to_microseconds(setting.seconds)},
                  {"speed_up", speed_up_of(tuning, setting)},
                  {"psnr", setting.psnr},
                  {"lowest_psnr", finite_or_null(setting.lowest_psnr)},
                  {"ssim", setting.ssim ? TuningJson(*setting.ssim) : TuningJson()},
                  {"pictures", std::move(runs)}};
  if (setting.setting.place) json["full"] = tuning.tuned.front[*setting.setting.place].full;
  return json;
}

}  // namespace

std::vector<UniformGain> gains_over_uniform(const Tuning& tuning) {
  constexpr double kRounding = 1 + 1e-9;
  std::vector<UniformGain> gains;
  for (const CheckedSetting& uniform : tuning.checked) {
    if (uniform.setting.kind != CheckKind::uniform) continue;
    const CheckedSetting* best = nullptr;
    for (const CheckedSetting& tuned : tuning.checked) {
      const bool is_no_slower =
          tuned.setting.kind == CheckKind::tuned && tuned.setting.expected <= uniform.setting.expected * kRounding;
      if (is_no_slower && (best == nullptr || tuned.psnr > best->psnr)) best = &tuned;
    }
    if (best != nullptr) gains.push_back({&uniform, best});
  }
  return gains;
}

double speed_up_of(const Tuning& tuning, const CheckedSetting& setting) {
  return tuning.checked.front().seconds / setting.seconds;
}

// By the same costs that the policy chooses by, so that it takes just that one.
std::optional<std::string> recommended_budget(const Tuning& tuning) {
  const CheckedSetting* wanted = nullptr;
  for (const CheckedSetting& setting : tuning.checked) {
    if (setting.setting.kind == CheckKind::tuned) wanted = &setting;
  }
  for (const UniformGain& gain : gains_over_uniform(tuning)) {
    if (gain.uniform->setting.name == "3/0") wanted = gain.tuned;
  }
  if (wanted == nullptr) return {};
  constexpr double kHundred = 100;
  const double beside = tuning.tuned.seconds.beside;
  const double speed_up = (tuning.checked.front().setting.expected + beside) / (wanted->setting.expected + beside);
  // What reuses something else may have a smaller error predicted than what was better in truth.
  const bool runs = tuning.tuned.front[wanted->setting.place.value_or(0)].cached.runs();
  return "budget:speedup=" + number_text("%g", std::floor(speed_up * kHundred) / kHundred) +
         ",reuse=" + (runs ? "feature" : "denoised");
}

std::string tuning_table(const Tuning& tuning) {
  std::string table;
  char line[200];
  std::snprintf(line, sizeof line, "%-25s %-38s %9s %8s %8s %8s %8s", "", "setting", "seconds", "speed-up", "PSNR",
                "lowest", "SSIM");
  table += line;
  for (const CheckedSetting* setting : by_seconds(tuning)) {
    std::snprintf(line, sizeof line, "%-25s %-38s %9.3f %8.2f %8s %8s %8s", look_of(setting->setting.kind).name,
                  setting->setting.name.c_str(), setting->seconds, speed_up_of(tuning, *setting),
                  decibels_text(setting->psnr).c_str(), decibels_text(setting->lowest_psnr).c_str(),
                  similarity_text(*setting).c_str());
    table.append("\n").append(line);
  }
  return table;
}

std::string tuning_json(const Tuning& tuning, const std::string& model, const std::string& file) {
  TuningJson settings = TuningJson::array();
  for (const CheckedSetting& setting : tuning.checked) settings.push_back(setting_json(tuning, setting));
  TuningJson gains = TuningJson::array();
  for (const UniformGain& gain : gains_over_uniform(tuning)) {
    gains.push_back(
        {{"uniform", gain.uniform->setting.name}, {"tuned", gain.tuned->setting.name}, {"decibels", gain.decibels()}});
  }
  TuningJson json{{"model", model}, {"path", file}, {"pictures", tuning.calibration_pictures}};
  json.update(TuningJson::parse(tuned_caching_text(tuning.tuned)));
  json["checked"] = std::move(settings);
  json["gains_over_uniform"] = std::move(gains);
  const std::optional<std::string> budget = recommended_budget(tuning);
  json["recommended"] = budget ? TuningJson(*budget) : TuningJson();
  return json_text(json);
}

std::string tuning_page(const Tuning& tuning, const std::string& model) {
  mustache::list legend;
  for (const Look& look : kLooks) {
    if (look.kind != CheckKind::uncached)
      legend.push_back(mustache::object{{"kind", look.color_class}, {"name", look.name}});
  }
  const mustache::object view{{"model", printable(model)},
                              {"summary", summary_of(tuning, model)},
                              {"legend", legend},
                              {"charts", charts_of(tuning)},
                              {"rows", rows_of(tuning)}};
  return render_page(tuning_page_template(), view);
}

}  // namespace deepcache_gen
