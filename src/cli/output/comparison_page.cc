#include "cli/output/comparison_page.h"

#include <algorithm>
#include <cstdio>
#include <kainjow/mustache.hpp>

#include "cli/output/comparison_figures.h"
#include "cli/output/comparison_page_template.h"
#include "cli/output/step_chart.h"
#include "cli/terminal/progress_text.h"
#include "support/base64.h"
#include "support/error.h"
#include "support/version.h"
#include "text/utf8.h"

namespace deepcache_gen {
namespace {

using kainjow::mustache::list;
using kainjow::mustache::object;

// Of the bars' area; comparison_page.html leaves room for the labels around it.
constexpr double kChartWidth = 400, kChartHeight = 110;
constexpr int kViewerWidth = 512;  // pixels; smaller pictures are enlarged to that by a whole number

std::string formatted(const char* format, double number) {
  char text[48];
  std::snprintf(text, sizeof text, format, number);
  return text;
}

std::string coordinate(double number) { return formatted("%.2f", number); }

std::string milliseconds_text(double seconds) { return seconds > 0 ? formatted("%.3g ms", seconds * 1000) : "-"; }

std::string valid(const std::string& text) { return encode_utf8(decode_utf8(text)); }

std::string size_text(const GenerationSettings& settings) {
  return std::to_string(settings.width) + "x" + std::to_string(settings.height);
}

// The axis is the same for all settings.
TimeAxis axis_of(const std::vector<ComparedSetting>& settings) {
  double longest = 1e-6;
  for (const ComparedSetting& setting : settings) {
    for (const double seconds : setting.step_seconds) longest = std::max(longest, seconds);
  }
  return TimeAxis(longest);
}

list ticks_of(const TimeAxis& axis) {
  list ticks;
  for (const double tick : axis.ticks()) {
    ticks.push_back(
        object{{"y", coordinate(kChartHeight * (1 - tick / axis.top()))}, {"label", TimeAxis::label(tick)}});
  }
  return ticks;
}

list bars_of(const ComparedSetting& setting, const TimeAxis& axis) {
  list bars;
  for (const StepBar& bar : draw_steps(setting, axis, kChartWidth, kChartHeight)) {
    bars.push_back(object{{"x", coordinate(bar.x)},
                          {"y", coordinate(bar.y)},
                          {"width", coordinate(bar.width)},
                          {"height", coordinate(bar.height)},
                          {"kind", kind_text(bar.kind)},
                          {"text", bar.text}});
  }
  return bars;
}

object view_of(const ComparedSetting& setting, const std::vector<std::uint8_t>& png, const TimeAxis& axis) {
  const std::vector<std::string> lines = caption(setting);
  return {
      {"name", lines.front()},
      {"is_cached", !setting.setting.is_original()},
      {"figures", lines.back()},
      {"picture", "data:image/png;base64," + base64(png)},
      {"full", std::to_string(setting.plan->cache.count(StepKind::full))},
      {"cached", std::to_string(setting.plan->cache.count(StepKind::cached))},
      {"seconds", formatted("%.3f", setting.seconds())},
      {"speed_up", speed_up_text(setting.speed_up)},
      {"denoise_speed_up", speed_up_text(setting.denoise_speed_up)},
      {"psnr", psnr_text(setting)},
      {"ssim", ssim_text(setting)},
      {"full_step", milliseconds_text(setting.image.timing.full_step)},
      {"cached_step", milliseconds_text(setting.image.timing.cached_step)},
      {"last_step", std::to_string(setting.step_seconds.size())},
      {"bars", bars_of(setting, axis)},
  };
}

list views_of(const std::vector<ComparedSetting>& settings, const ComparisonPageParts& parts) {
  const TimeAxis axis = axis_of(settings);
  list views;
  for (std::size_t i = 0; i < settings.size(); ++i) views.push_back(view_of(settings[i], parts.pngs.at(i), axis));
  return views;
}

// Names and texts for the list at the end of the page.
class Facts {
 public:
  void add(const std::string& name, const std::string& text) {
    facts_.push_back(object{{"name", valid(name)}, {"text", valid(text)}});
  }
  list take() { return std::move(facts_); }

 private:
  list facts_;
};

list facts_of(const GenerationSettings& asked, const RunFacts& run, const ComparisonPageParts& parts) {
  Facts facts;
  facts.add("prompt", asked.prompt);
  facts.add("negative prompt", asked.negative_prompt.value_or("none"));
  facts.add("seed", std::to_string(asked.seed));
  facts.add("size", size_text(asked));
  facts.add("steps", std::to_string(asked.steps));
  facts.add("guidance", formatted("%g", asked.guidance_scale));
  facts.add("sampler", asked.scheduler.sampler);
  facts.add("sigma schedule", asked.scheduler.sigma_schedule);
  facts.add("model", run.model.name);
  facts.add("SHA-256 of its UNet", run.model.unet_sha256);
  facts.add("device", run.engine.device);
  facts.add("dtype", run.engine.dtype);
  facts.add("deepcache-gen", kVersion);
  for (const auto& [name, text] : parts.versions) facts.add(name, text);
  return facts.take();
}

std::string summary(const GenerationSettings& asked, const RunFacts& run) {
  return run.model.name + ", " + size_text(asked) + ", " + std::to_string(asked.steps) + " steps of " +
         asked.scheduler.sampler + " (" + asked.scheduler.sigma_schedule + "), guidance " +
         formatted("%g", asked.guidance_scale) + ", seed " + std::to_string(asked.seed) + ", " + run.engine.device +
         " in " + run.engine.dtype;
}

void add_size(object& view, const GenerationSettings& asked) {
  const int enlarged = asked.width * std::max(1, kViewerWidth / asked.width);
  view["width"] = std::to_string(asked.width);
  view["height"] = std::to_string(asked.height);
  view["viewer_width"] = std::to_string(enlarged);
  view["is_enlarged"] = enlarged > asked.width;
}

}  // namespace

std::string comparison_page(const std::vector<ComparedSetting>& settings, const RunFacts& run,
                            const ComparisonPageParts& parts) {
  const GenerationSettings& asked = settings.front().plan->settings;
  object view{
      {"prompt", valid(asked.prompt)},         {"summary", valid(summary(asked, run))},
      {"settings", views_of(settings, parts)}, {"has_cached", settings.size() > 1},
      {"ticks", ticks_of(axis_of(settings))},  {"facts", facts_of(asked, run, parts)},
  };
  add_size(view, asked);
  const std::span<const std::uint8_t> text = comparison_page_template();
  // It escapes every text that it fills in.
  kainjow::mustache::mustache page(std::string(text.begin(), text.end()));
  std::string html = page.render(view);
  if (!page.is_valid()) throw Error("the template of the report is broken: " + page.error_message());
  return html;
}

}  // namespace deepcache_gen
