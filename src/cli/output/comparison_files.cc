#include "cli/output/comparison_files.h"

#include <string>

namespace deepcache_gen {
namespace {

std::string picture_name(const CacheSpec& setting) { return cache_file_name(setting) + ".png"; }

}  // namespace

ComparisonFiles name_comparison_files(const std::vector<CacheSpec>& settings, const CommandLine& line) {
  const std::filesystem::path folder = line.picture.output.value_or("comparison");
  ComparisonFiles files{{}, folder / "contact-sheet.png", {}};
  for (const CacheSpec& setting : settings) files.pictures.push_back(folder / picture_name(setting));
  if (line.compare.report) files.page = *line.compare.report / "index.html";
  return files;
}

}  // namespace deepcache_gen
