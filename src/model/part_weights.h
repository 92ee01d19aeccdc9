#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "backend/module.h"
#include "model/weight_names.h"

namespace deepcache_gen {

/// The modules that a part of a model was cut into, by their paths in its archive: "mid", "down.1" and so on.
using PartModules = std::vector<std::pair<std::string, Module*>>;

// `names`: of the part (`PartInfo::weights`). A weight whose name leads nowhere can't be patched.

/// The weights of the part that can be patched, by the names that diffusers and transformers publish them under.
WeightSizes published_weights(const PartModules& modules, const WeightNames& names);

/// `Module::patch` for a whole part, by published names: returns those that no such weight has, and throws `Error`, and
/// changes nothing, where a delta does not fit its weight.
std::vector<std::string> patch_published(const PartModules& modules, const WeightNames& names,
                                         std::span<const NamedDelta> deltas);

}  // namespace deepcache_gen
