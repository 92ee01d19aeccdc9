#include "cli/output/comparison_figures.h"

#include <cmath>

#include "cli/terminal/progress_text.h"
#include "support/number_text.h"

namespace deepcache_gen {

std::string setting_text(const CacheSpec& setting) {
  if (!caches(setting)) return "original";
  return cache_text(setting);
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

std::vector<std::string> caption(const ComparedSetting& setting) {
  const std::string name = setting_text(setting.setting);
  if (!caches(setting.setting)) return {name, seconds_text(setting.seconds())};
  std::string figures = number_text("%.1fx  ", setting.speed_up);
  figures += std::isinf(setting.psnr) ? "same" : number_text("%.1f dB", setting.psnr);
  if (setting.ssim) figures += number_text("  SSIM %.3f", *setting.ssim);
  return {name, figures};
}

}  // namespace deepcache_gen
