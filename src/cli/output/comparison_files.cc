#include "cli/output/comparison_files.h"

#include <string>

namespace deepcache_gen {
namespace {

std::string picture_name(const CacheSetting& setting) {
  if (setting.is_original()) return "original.png";
  return "interval" + std::to_string(setting.interval) + "-branch" + std::to_string(setting.branch) + ".png";
}

}  // namespace

ComparisonFiles name_comparison_files(const std::vector<CacheSetting>& settings, const CommandLine& line) {
  const std::filesystem::path folder = line.picture.output.value_or("comparison");
  ComparisonFiles files{{}, folder / "contact-sheet.png", {}};
  for (const CacheSetting& setting : settings) files.pictures.push_back(folder / picture_name(setting));
  if (line.compare.report) files.page = *line.compare.report / "index.html";
  return files;
}

}  // namespace deepcache_gen
