#include "model/part_weights.h"

#include <map>

namespace deepcache_gen {
namespace {

struct PatchedWeight {
  Module* module;
  std::string name;  // in its module
  std::vector<std::int64_t> sizes;
};

std::map<std::string, PatchedWeight> by_published_name(const PartModules& modules, const WeightNames& names) {
  std::map<std::string, PatchedWeight> weights;
  for (const auto& [path, module] : modules) {
    for (const auto& [name, sizes] : module->patchable_weights()) {
      const std::optional<std::string> published = names.published(path + "." + name);
      if (published) weights.insert({*published, {module, name, sizes}});
    }
  }
  return weights;
}

}  // namespace

WeightSizes published_weights(const PartModules& modules, const WeightNames& names) {
  WeightSizes sizes;
  for (const auto& [published, weight] : by_published_name(modules, names)) sizes[published] = weight.sizes;
  return sizes;
}

std::vector<std::string> patch_published(const PartModules& modules, const WeightNames& names,
                                         std::span<const NamedDelta> deltas) {
  const std::map<std::string, PatchedWeight> weights = by_published_name(modules, names);
  std::vector<std::string> unknown;
  std::map<Module*, std::vector<NamedDelta>> by_module;
  for (const NamedDelta& delta : deltas) {
    const auto weight = weights.find(delta.name);
    if (weight == weights.end()) {
      unknown.push_back(delta.name);
      continue;
    }
    require_fitting(delta, weight->second.sizes);
    by_module[weight->second.module].push_back({weight->second.name, delta.delta});
  }
  // All of them or, where one did not fit, none.
  for (const auto& [module, named] : by_module) module->patch(named);
  return unknown;
}

}  // namespace deepcache_gen
