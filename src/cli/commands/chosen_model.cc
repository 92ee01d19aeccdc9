#include "cli/commands/chosen_model.h"

#include "model/model_folders.h"

namespace deepcache_gen {

ModelInfo chosen_model(const CommandLine& line) {
  return read_model_info(line.model ? *line.model : embedded_model_folder());
}

ModelIdentity identity_of(const ModelInfo& model) { return {model.name, model.files.at(model.unet_file).sha256}; }

}  // namespace deepcache_gen
