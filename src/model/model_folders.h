#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace deepcache_gen {

/// The folder of the model that comes with the program: beside the build folder (models/scenes) or, in an installed
/// tree, under ../share/deepcache-gen/models. Throws `Error` where it is in neither place, or where without /proc
/// nobody knows.
std::filesystem::path embedded_model_folder();

/// Where models are looked for, first things first: `chosen` (--models-dir), the folders of $DEEPCACHE_GEN_MODELS
/// (separated by colons), $XDG_DATA_HOME/deepcache-gen/models (~/.local/share without it), and where the embedded model
/// lies. Each holds model folders, or is one.
std::vector<std::filesystem::path> model_search_path(const std::optional<std::filesystem::path>& chosen);

/// Where a new model is written so that it is found by name: `chosen`, the first folder of $DEEPCACHE_GEN_MODELS that
/// can be written in and is no model itself, or $XDG_DATA_HOME/deepcache-gen/models (~/.local/share without it), which
/// need not be there yet. Throws `Error` where there is no home.
std::filesystem::path folder_of_new_models(const std::optional<std::filesystem::path>& chosen);

/// A model folder (one with a model.json) and its name, which is the folder's.
struct FoundModel {
  std::string name;
  std::filesystem::path folder;
};

/// The model folders in `search_path`, in its order and then by name. Of several with one name the first counts, and is
/// the only one here.
std::vector<FoundModel> find_models(const std::vector<std::filesystem::path>& search_path);

/// The folder that --model means: a path where it has a slash or is a model's folder, else the
/// model of that name, else again a path if anything is there: a model may have been made of what lies here and is
/// called the same. Throws `UsageError` for a name that is not known.
std::filesystem::path find_model_folder(const std::filesystem::path& model,
                                        const std::vector<std::filesystem::path>& search_path);

/// The folder of the model of that name and never another, wherever the name comes from. Throws `UsageError`.
std::filesystem::path find_model_named(const std::string& name, const std::vector<std::filesystem::path>& search_path);

}  // namespace deepcache_gen
