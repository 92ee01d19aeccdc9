#include "cli/output/comparison_table.h"

#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "cli/output/comparison_figures.h"
#include "pipeline/picture_settings.h"
#include "support/json_text.h"

namespace deepcache_gen {
namespace {

using Json = nlohmann::ordered_json;

std::string row(const ComparedSetting& setting) {
  char text[160];
  std::snprintf(text, sizeof text, "\n%-22s %5d %7d %9.3f %9s %6s %17s %9s %8s", setting_text(setting.setting).c_str(),
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

}  // namespace

std::string comparison_table(const std::vector<ComparedSetting>& settings) {
  std::string table =
      "setting                 full  cached   seconds  speed-up  ideal  denoise speed-up   PSNR dB     SSIM";
  for (const ComparedSetting& setting : settings) table += row(setting);
  return table;
}

std::string comparison_json(const std::vector<ComparedSetting>& settings, const RunFacts& run,
                            const ComparisonFiles& files) {
  const GenerationSettings& asked = settings.front().plan->settings;
  Json list = Json::array();
  for (std::size_t i = 0; i < settings.size(); ++i) list.push_back(setting_object(settings[i], files.pictures[i]));
  Json object = uncached_settings_record(asked, asked.seed);
  object.update(Json{
      {"model", run.model.name},
      {"device", run.engine.device},
      {"dtype", run.engine.dtype},
      {"contact_sheet", files.contact_sheet.string()},
      {"report", files.page ? Json(files.page->string()) : Json(nullptr)},
      {"settings", std::move(list)},
  });
  return json_text(object);
}

}  // namespace deepcache_gen
