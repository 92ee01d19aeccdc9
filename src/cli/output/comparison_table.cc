#include "cli/output/comparison_table.h"

#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

namespace deepcache_gen {
namespace {

using Json = nlohmann::ordered_json;

std::string number_text(const char* format, double number) {
  char text[48];
  std::snprintf(text, sizeof text, format, number);
  return text;
}

std::string row(const ComparedSetting& setting) {
  char text[160];
  const std::string ssim = setting.ssim ? number_text("%.4f", *setting.ssim) : "-";
  const std::string psnr = std::isinf(setting.psnr) ? "same" : number_text("%.2f", setting.psnr);
  std::snprintf(text, sizeof text, "\n%-22s %5d %7d %9.3f %8.2f %13.2f %9s %8s", setting_text(setting.setting).c_str(),
                setting.plan->cache.count(StepKind::full), setting.plan->cache.count(StepKind::cached),
                setting.seconds(), setting.speed_up, setting.denoise_speed_up, psnr.c_str(), ssim.c_str());
  return text;
}

Json setting_object(const ComparedSetting& setting, const std::filesystem::path& file) {
  return {
      {"interval", setting.setting.interval},
      {"branch", setting.setting.branch},
      {"path", file.string()},
      {"full_steps", setting.plan->cache.count(StepKind::full)},
      {"cached_steps", setting.plan->cache.count(StepKind::cached)},
      {"seconds", setting.seconds()},
      {"denoise_seconds", setting.image.timing.denoise},
      {"speed_up", setting.speed_up},
      {"denoise_speed_up", setting.denoise_speed_up},
      {"psnr", std::isinf(setting.psnr) ? Json(nullptr) : Json(setting.psnr)},
      {"ssim", setting.ssim ? Json(*setting.ssim) : Json(nullptr)},
      {"step_seconds", setting.step_seconds},
  };
}

}  // namespace

std::string setting_text(const CacheSetting& setting) {
  if (setting.is_original()) return "original";
  return "interval " + std::to_string(setting.interval) + ", branch " + std::to_string(setting.branch);
}

std::string comparison_table(const std::vector<ComparedSetting>& settings) {
  std::string table = "setting                 full  cached   seconds speed-up  denoising up   PSNR dB     SSIM";
  for (const ComparedSetting& setting : settings) table += row(setting);
  return table;
}

std::string comparison_json(const std::vector<ComparedSetting>& settings, const RunFacts& run,
                            const std::vector<std::filesystem::path>& files) {
  const GenerationSettings& asked = settings.front().plan->settings;
  Json list = Json::array();
  for (std::size_t i = 0; i < settings.size(); ++i) list.push_back(setting_object(settings[i], files[i]));
  const Json object{
      {"prompt", asked.prompt},
      {"negative_prompt", asked.negative_prompt ? Json(*asked.negative_prompt) : Json(nullptr)},
      {"seed", asked.seed},
      {"width", asked.width},
      {"height", asked.height},
      {"steps", asked.steps},
      {"guidance_scale", asked.guidance_scale},
      {"sampler", asked.scheduler.sampler},
      {"scheduler", asked.scheduler.sigma_schedule},
      {"model", run.model.name},
      {"device", run.engine.device},
      {"dtype", run.engine.dtype},
      {"settings", std::move(list)},
  };
  return object.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace deepcache_gen
