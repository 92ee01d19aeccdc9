#pragma once

#include <filesystem>
#include <vector>

#include "cli/options/command_line.h"
#include "model/model_info.h"

namespace deepcache_gen {

/// Where names of models are looked up (`model_search_path`). Throws `UsageError` where --models-dir is no folder.
std::vector<std::filesystem::path> places_of_models(const CommandLine& line);

/// The model of --model, or the embedded one, with the refiner of --refiner. Throws `Error` where it can't be used.
ModelInfo chosen_model(const CommandLine& line);

}  // namespace deepcache_gen
