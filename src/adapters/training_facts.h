#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>

namespace deepcache_gen {

/// Facts of a file for people and for JSON: texts, numbers, and objects that say how often each of their keys occurs.
using Facts = nlohmann::ordered_json;

/// What whoever made a file says of it in its metadata: of kohya's trainer (`ss_...`) and of the model specification
/// (`modelspec....`, github.com/Stability-AI/ModelSpec). Each text is short and on one line, and there are few of them.
Facts training_facts(const std::map<std::string, std::string>& metadata);

}  // namespace deepcache_gen
