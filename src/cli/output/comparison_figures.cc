#include "cli/output/comparison_figures.h"

#include <cmath>
#include <cstdio>

#include "cli/terminal/progress_text.h"

namespace deepcache_gen {
namespace {

std::string formatted(const char* format, double number) {
  char text[48];
  std::snprintf(text, sizeof text, format, number);
  return text;
}

}  // namespace

std::string setting_text(const CacheSetting& setting) {
  if (setting.is_original()) return "original";
  return "interval " + std::to_string(setting.interval) + ", branch " + std::to_string(setting.branch);
}

std::string speed_up_text(double factor) { return formatted("%.2f", factor); }

std::string ideal_text(const ComparedSetting& setting) {
  return setting.ideal_speed_up ? speed_up_text(*setting.ideal_speed_up) : "-";
}

std::string psnr_text(const ComparedSetting& setting) {
  return std::isinf(setting.psnr) ? "same" : formatted("%.2f", setting.psnr);
}

std::string ssim_text(const ComparedSetting& setting) { return setting.ssim ? formatted("%.4f", *setting.ssim) : "-"; }

std::string milliseconds_text(double seconds) {
  const double milliseconds = seconds * 1000;
  if (milliseconds <= 0) return "-";
  return formatted(milliseconds < 10 ? "%.2f ms" : milliseconds < 100 ? "%.1f ms" : "%.0f ms", milliseconds);
}

std::vector<std::string> caption(const ComparedSetting& setting) {
  const std::string name = setting_text(setting.setting);
  if (setting.setting.is_original()) return {name, seconds_text(setting.seconds())};
  std::string figures = formatted("%.1fx  ", setting.speed_up);
  figures += std::isinf(setting.psnr) ? "same" : formatted("%.1f dB", setting.psnr);
  if (setting.ssim) figures += formatted("  SSIM %.3f", *setting.ssim);
  return {name, figures};
}

}  // namespace deepcache_gen
