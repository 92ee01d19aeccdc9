
#include <memory>

#include "backend/archive/archive_contents.h"
#include "cli/commands/commands.h"
#include "cli/commands/export_source.h"
#include "cli/commands/model_export.h"
#include "cli/output/inspection.h"
#include "cli/output/model_list.h"
#include "model/borrowed_parts.h"
#include "model/model_folders.h"
#include "support/error.h"

namespace deepcache_gen {
namespace {

ListedModel listed(const FoundModel& found) {
  try {
    return {found.name, found.folder, read_model_info(found.folder), ""};
  } catch (const Error& error) {
    return {found.name, found.folder, {}, error.what()};
  }
}

ModelInfo no_control_net(const std::string& flag, ModelInfo model) {
  if (!model.control_net) return model;
  throw UsageError(flag, flag + " '" + model.folder.string() +
                             "': is a control net, which makes no pictures by itself; give it with --control-net "
                             "beside the --model that it is for");
}

// The model that a flag names. What a picture says names one of the places of models, and no folder elsewhere: the
// picture may be a stranger's.
ModelInfo model_named(const std::string& flag, const std::filesystem::path& name, const CommandLine& line,
                      const std::vector<std::filesystem::path>& places) {
  const bool is_of_picture = line.picture.configured.of_picture.contains(flag);
  try {
    if (is_of_picture) return no_control_net(flag, read_model_info(find_model_named(name.string(), places)));
    const std::filesystem::path folder = find_model_folder(name, places);
    if (const std::optional<ExportSource> source = source_meant(folder)) {
      throw Error(export_advice(*source, line));
    }
    return no_control_net(flag, read_model_info(folder));
  } catch (const UsageError& unknown) {
    if (is_of_picture) throw UsageError(flag, std::string(unknown.what()) + "; give it with " + flag);
    throw UsageError(flag, unknown.what());
  } catch (Error& error) {
    error.add_flag(flag);
    throw;
  }
}

}  // namespace

std::vector<std::filesystem::path> places_of_models(const CommandLine& line) {
  if (line.models_folder && !std::filesystem::is_directory(*line.models_folder)) {
    throw UsageError("--models-dir", "--models-dir '" + line.models_folder->string() + "': is not a folder");
  }
  return model_search_path(line.models_folder);
}

ModelInfo chosen_model(const CommandLine& line) {
  const std::vector<std::filesystem::path> places = places_of_models(line);
  ModelInfo model =
      line.model ? model_named("--model", *line.model, line, places) : read_model_info(embedded_model_folder());
  line.picture.request.known_control_nets->look_in(places);
  if (line.vae) model = with_vae_of(std::move(model), model_named("--vae", *line.vae, line, places));
  if (line.refiner)
    model.refiner = std::make_shared<const ModelInfo>(model_named("--refiner", *line.refiner, line, places));
  return model;
}

void list_models(const CommandLine& line, const Results& results) {
  std::vector<ListedModel> models;
  for (const FoundModel& found : find_models(places_of_models(line))) models.push_back(listed(found));
  if (line.output.json) return results.print(model_list_json(models));
  if (!models.empty()) results.print(model_list_text(models));
}

void inspect(const CommandLine& line, const Results& results) {
  const std::filesystem::path folder = find_model_folder(line.argument, places_of_models(line));
  if (const std::optional<ExportSource> source = source_meant(folder)) throw Error(export_advice(*source, line));
  const ModelInfo model = read_model_info(folder);
  const ChecksumResults checksums = compare_checksums(model);
  results.print(line.output.json ? inspection_json(model, checksums) : inspection_text(model, checksums));
  for (const auto& [name, matches] : checksums) {
    if (!matches) throw Error((model.folder / name).string() + ": wrong checksum; copy or export the model again");
    if (name.ends_with(".pt")) check_archive(model.folder / name);
  }
}

}  // namespace deepcache_gen
