#include "cli/commands/chosen_model.h"

#include "model/model_folders.h"
#include "support/error.h"

namespace deepcache_gen {

std::vector<std::filesystem::path> places_of_models(const CommandLine& line) {
  if (line.models_folder && !std::filesystem::is_directory(*line.models_folder)) {
    throw UsageError("--models-dir '" + line.models_folder->string() + "': is not a folder");
  }
  return model_search_path(line.models_folder);
}

ModelInfo chosen_model(const CommandLine& line) {
  const std::vector<std::filesystem::path> places = places_of_models(line);
  if (!line.model) return read_model_info(embedded_model_folder());
  return read_model_info(find_model_folder(*line.model, places));
}

}  // namespace deepcache_gen
