#include "cli/commands/chosen_model.h"

#include "model/model_folders.h"

namespace deepcache_gen {

ModelInfo chosen_model(const CommandLine& line) {
  if (!line.model) return read_model_info(embedded_model_folder());
  return read_model_info(find_model_folder(*line.model, model_search_path(line.models_folder)));
}

ModelIdentity identity_of(const ModelInfo& model) { return {model.name, model.files.at(model.unet_file).sha256}; }

}  // namespace deepcache_gen
