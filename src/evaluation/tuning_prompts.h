#pragma once

#include <string>
#include <vector>

#include "model/model_info.h"

namespace deepcache_gen {

/// Prompts to tune a model with where the user gives none: of all kinds of pictures, or those whose words the model
/// knows where it says which it knows. Throws `Error` where its list of words can't be used.
std::vector<std::string> tuning_prompts(const ModelInfo& model);

}  // namespace deepcache_gen
