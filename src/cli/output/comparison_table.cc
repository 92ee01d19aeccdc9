#include "cli/output/comparison_table.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>

#include "cli/terminal/progress_text.h"
#include "pipeline/picture_settings.h"
#include "support/json_text.h"
#include "support/number_text.h"

namespace deepcache_gen {
namespace {

std::string picture_name(const CacheSpec& setting) { return cache_file_name(setting) + ".png"; }

using Json = nlohmann::ordered_json;

std::string row(const ComparedSetting& setting) {
  char text[160];
  std::snprintf(text, sizeof text, "%-22s %5d %7d %9.3f %9s %6s %17s %9s %8s", setting_text(setting.setting).c_str(),
                setting.image.timing.full_steps, setting.image.timing.cached_steps, setting.seconds(),
                speed_up_text(setting.speed_up).c_str(), ideal_text(setting).c_str(),
                speed_up_text(setting.denoise_speed_up).c_str(), psnr_text(setting).c_str(),
                ssim_text(setting).c_str());
  return text;
}

std::vector<double> seconds_of(const std::vector<StepReport>& steps) {
  std::vector<double> seconds;
  for (const StepReport& step : steps) seconds.push_back(step.seconds);
  return seconds;
}

Json setting_object(const ComparedSetting& setting, const std::filesystem::path& file) {
  return {
      {"interval", setting.setting.whole("interval")},
      {"branch", setting.setting.whole("branch")},
      {"path", file.string()},
      {"full_steps", setting.image.timing.full_steps},
      {"cached_steps", setting.image.timing.cached_steps},
      {"seconds", setting.seconds()},
      {"denoise_seconds", setting.image.timing.denoise},
      {"speed_up", setting.speed_up},
      {"denoise_speed_up", setting.denoise_speed_up},
      {"ideal_speed_up", setting.ideal_speed_up ? Json(*setting.ideal_speed_up) : Json(nullptr)},
      {"psnr", std::isinf(setting.psnr) ? Json(nullptr) : Json(setting.psnr)},
      {"ssim", setting.ssim ? Json(*setting.ssim) : Json(nullptr)},
      {"step_seconds", seconds_of(setting.steps)},
  };
}

// What was made with one sampler, and its files; `facts` stand between what was asked for and the settings.
Json comparison_object(std::span<const ComparedSetting> settings, std::span<const std::filesystem::path> files,
                       const Json& facts) {
  const GenerationSettings& asked = settings.front().plan->settings;
  Json object = uncached_settings_record(asked, asked.seed);
  object.update(facts);
  Json& list = object["settings"] = Json::array();
  for (std::size_t i = 0; i < settings.size(); ++i) list.push_back(setting_object(settings[i], files[i]));
  return object;
}

Json facts_object(const RunFacts& run, const ComparisonFiles& files) {
  return {{"model", run.model.name},
          {"device", run.engine.device},
          {"dtype", run.engine.dtype},
          {"contact_sheet", files.contact_sheet.string()},
          {"report", files.page ? Json(files.page->string()) : Json(nullptr)}};
}

// A column of names before the lines of a table, the first of which is its head.
void put_before(std::vector<std::string>& lines, const std::vector<std::string>& names) {
  std::size_t width = 0;
  for (const std::string& name : names) width = std::max(width, name.size());
  for (std::size_t i = 0; i < lines.size(); ++i)
    lines[i] = names[i] + std::string(width + 2 - names[i].size(), ' ') + lines[i];
}

// Where the pictures of a sampler lie that is not the only one.
std::string folder_of(const SamplerChoice& choice) {
  const std::string both = choice.sampler && choice.sigma_schedule ? "-" : "";
  return choice.sampler.value_or("") + both + choice.sigma_schedule.value_or("");
}

}  // namespace

ComparisonFiles name_comparison_files(const std::vector<CacheSpec>& settings,
                                      const std::vector<SamplerChoice>& samplers, const CommandLine& line) {
  const std::filesystem::path folder = line.picture.output.value_or("comparison");
  ComparisonFiles files{{}, folder / "contact-sheet.png", {}};
  for (const SamplerChoice& choice : samplers) {
    const std::filesystem::path place = samplers.size() > 1 ? folder / folder_of(choice) : folder;
    for (const CacheSpec& setting : settings) files.pictures.push_back(place / picture_name(setting));
  }
  if (line.compare.report) files.page = *line.compare.report / "index.html";
  return files;
}

std::string setting_text(const CacheSpec& setting) {
  if (!caches(setting)) return "original";
  return cache_text(setting);
}

std::string sampler_text(const ComparedSetting& setting) {
  const SchedulerConfig& scheduler = setting.plan->settings.scheduler;
  return scheduler.sampler + " (" + scheduler.sigma_schedule + ")";
}

std::string speed_up_text(double factor) { return number_text("%.2f", factor); }

std::string ideal_text(const ComparedSetting& setting) {
  return setting.ideal_speed_up ? speed_up_text(*setting.ideal_speed_up) : "-";
}

std::string psnr_text(const ComparedSetting& setting) {
  return std::isinf(setting.psnr) ? "same" : number_text("%.2f", setting.psnr);
}

std::string ssim_text(const ComparedSetting& setting) {
  return setting.ssim ? number_text("%.4f", *setting.ssim) : "-";
}

std::string milliseconds_text(double seconds) {
  const double milliseconds = seconds * 1000;
  if (milliseconds <= 0) return "-";
  return number_text(milliseconds < 10 ? "%.2f ms" : milliseconds < 100 ? "%.1f ms" : "%.0f ms", milliseconds);
}

std::vector<std::string> caption(const ComparedSetting& setting, bool names_sampler) {
  std::vector<std::string> lines;
  if (names_sampler) lines.push_back(sampler_text(setting));
  lines.push_back(setting_text(setting.setting));
  if (!caches(setting.setting)) {
    lines.push_back(seconds_text(setting.seconds()));
    return lines;
  }
  std::string figures = number_text("%.1fx  ", setting.speed_up);
  figures += std::isinf(setting.psnr) ? "same" : number_text("%.1f dB", setting.psnr);
  if (setting.ssim) figures += number_text("  SSIM %.3f", *setting.ssim);
  lines.push_back(figures);
  return lines;
}

std::string comparison_table(const std::vector<ComparedSetting>& settings) {
  std::vector<std::string> lines{
      "setting                 full  cached   seconds  speed-up  ideal  denoise speed-up   PSNR dB     SSIM"};
  std::vector<std::string> samplers{"sampler"};
  for (const ComparedSetting& setting : settings) {
    lines.push_back(row(setting));
    samplers.push_back(sampler_text(setting));
  }
  if (by_sampler(settings).size() > 1) put_before(lines, samplers);
  std::string table;
  for (const std::string& line : lines) table += (table.empty() ? "" : "\n") + line;
  return table;
}

std::string comparison_json(const std::vector<ComparedSetting>& settings, const RunFacts& run,
                            const ComparisonFiles& files) {
  const auto groups = by_sampler(settings);
  std::span<const std::filesystem::path> pictures = files.pictures;
  Json object = facts_object(run, files);
  if (groups.size() == 1) return json_text(comparison_object(groups.front(), pictures, object));
  Json& comparisons = object["comparisons"] = Json::array();
  for (const auto& group : groups) {
    comparisons.push_back(comparison_object(group, pictures, Json::object()));
    pictures = pictures.subspan(group.size());
  }
  return json_text(object);
}

}  // namespace deepcache_gen
