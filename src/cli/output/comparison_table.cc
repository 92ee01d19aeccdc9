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

using Json = nlohmann::ordered_json;

std::string row(const ComparedSetting& setting) {
  char text[160];
  std::snprintf(text, sizeof text, "%5d %7d %9.3f %9s %6s %17s %9s %8s", setting.image.timing.full_steps,
                setting.image.timing.cached_steps, setting.seconds(), speed_up_text(setting.speed_up).c_str(),
                ideal_text(setting).c_str(), speed_up_text(setting.denoise_speed_up).c_str(),
                psnr_text(setting).c_str(), ssim_text(setting).c_str());
  return text;
}

std::vector<double> seconds_of(const std::vector<StepReport>& steps) {
  std::vector<double> seconds;
  for (const StepReport& step : steps) seconds.push_back(to_microseconds(step.seconds));
  return seconds;
}

// What of a policy, or of fewer steps, interval and branch don't say.
void add_facts(Json& object, const ComparedSetting& setting) {
  const GenerationSettings& made = setting.plan->settings;
  if (setting.setting.steps) object["timesteps_curve"] = setting.setting.on_curve;
  if (is_of_intervals(made.cache)) return;
  object["cache_policy"] = cache_policy_text(made.cache);
  const PlacedCalls placed = setting.plan->full_calls();
  object["full_calls"] = placed.size() == 1 ? Json(placed.front()) : Json(placed);
}

Json setting_object(const ComparedSetting& setting, const std::filesystem::path& file) {
  const CacheSpec& cache = setting.setting.cache;
  Json object{
      {"setting", variation_text(setting.setting)},
      {"interval", is_of_intervals(cache) ? Json(cache.whole("interval")) : Json(nullptr)},
      {"branch", cache.whole("branch")},
      {"steps", setting.plan->settings.steps},
      {"path", file.string()},
      {"full_steps", setting.image.timing.full_steps},
      {"cached_steps", setting.image.timing.cached_steps},
      {"seconds", to_microseconds(setting.seconds())},
      {"denoise_seconds", to_microseconds(setting.image.timing.denoise)},
      {"speed_up", setting.speed_up},
      {"denoise_speed_up", setting.denoise_speed_up},
      {"ideal_speed_up", setting.ideal_speed_up ? Json(*setting.ideal_speed_up) : Json(nullptr)},
      {"psnr", std::isinf(setting.psnr) ? Json(nullptr) : Json(setting.psnr)},
      {"ssim", setting.ssim ? Json(*setting.ssim) : Json(nullptr)},
      {"step_seconds", seconds_of(setting.steps)},
  };
  add_facts(object, setting);
  return object;
}

// What was made with one sampler, and its files; `facts` stand between what was asked for and the settings.
Json comparison_object(const SamplerGroup& settings, std::span<const std::filesystem::path> files, const Json& facts) {
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
void put_before(std::vector<std::string>& lines, const std::vector<std::string>& names, std::size_t width = 0) {
  for (const std::string& name : names) width = std::max(width, name.size());
  for (std::size_t i = 0; i < lines.size(); ++i)
    lines[i] = names[i] + std::string(width + 2 - names[i].size(), ' ') + lines[i];
}

std::filesystem::path folder_of_all(const CommandLine& line) { return line.picture.output.value_or("comparison"); }

// Where the pictures of a sampler lie that is not the only one.
std::string folder_of(const SamplerChoice& choice) {
  const std::string both = choice.sampler && choice.sigma_schedule ? "-" : "";
  return choice.sampler.value_or("") + both + choice.sigma_schedule.value_or("");
}

}  // namespace

ComparisonFiles name_comparison_files(const CommandLine& line) {
  ComparisonFiles files{{}, folder_of_all(line) / "contact-sheet.png", {}};
  if (line.compare.report) files.page = *line.compare.report / "index.html";
  return files;
}

std::filesystem::path picture_folder(const SamplerChoice& sampler, std::size_t samplers, const CommandLine& line) {
  return samplers > 1 ? folder_of_all(line) / folder_of(sampler) : folder_of_all(line);
}

std::string sampler_text(const SamplerGroup& group) {
  const SchedulerConfig& scheduler = group.front().plan->settings.scheduler;
  return scheduler.sampler + " (" + scheduler.sigma_schedule + ")";
}

std::size_t longest_group(const std::vector<SamplerGroup>& groups) {
  std::size_t longest = 0;
  for (const SamplerGroup& group : groups) longest = std::max(longest, group.size());
  return longest;
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

std::vector<std::string> caption(const ComparedSetting& setting, const std::string& sampler) {
  std::vector<std::string> lines;
  if (!sampler.empty()) lines.push_back(sampler);
  lines.push_back(variation_text(setting.setting));
  if (setting.setting.is_original()) {
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
  constexpr std::size_t kNarrowest = 21;
  std::vector<std::string> lines{" full  cached   seconds  speed-up  ideal  denoise speed-up   PSNR dB     SSIM"};
  std::vector<std::string> samplers{"sampler"}, names{"setting"};
  const auto groups = by_sampler(settings);
  for (const auto& group : groups) {
    for (const ComparedSetting& setting : group) {
      lines.push_back(row(setting));
      names.push_back(variation_text(setting.setting));
      samplers.push_back(sampler_text(group));
    }
  }
  put_before(lines, names, kNarrowest);
  if (groups.size() > 1) put_before(lines, samplers);
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
