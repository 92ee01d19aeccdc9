#include "cli/output/comparison_facts.h"

#include <nlohmann/json.hpp>

#include "pipeline/picture_settings.h"
#include "support/version.h"

namespace deepcache_gen {
namespace {

using Fact = std::pair<std::string, std::string>;

std::string shown(const PictureSetting& row, const GenerationSettings& asked) {
  if (row.shown) return row.shown(asked);
  const std::optional<nlohmann::ordered_json> value = row.value(asked);
  return value->is_string() ? value->get<std::string>() : value->dump();
}

}  // namespace

std::string comparison_summary(const GenerationSettings& asked, const RunFacts& run) {
  return run.model.name + ", " + settings_phrase(asked) + ", seed " + std::to_string(asked.seed) + ", " +
         run.engine.device + " in " + run.engine.dtype;
}

std::vector<Fact> comparison_facts(const GenerationSettings& asked, const RunFacts& run) {
  std::vector<Fact> facts;
  for (const PictureSetting& row : picture_settings()) {
    if (!row.label.empty() && row.value(asked)) facts.emplace_back(row.label, shown(row, asked));
  }
  facts.insert(facts.end(), {{"model", run.model.name},
                             {"SHA-256 of its UNet", run.model.unet().sha256},
                             {"device", run.engine.device},
                             {"dtype", run.engine.dtype},
                             {"deepcache-gen", kVersion}});
  return facts;
}

}  // namespace deepcache_gen
