#include "model/model_folders.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <sstream>

#include "support/closest_name.h"
#include "support/error.h"
#include "support/proc_files.h"
#include "support/user_folder.h"

namespace deepcache_gen {
namespace {

using Path = std::filesystem::path;

bool is_model(const Path& folder) {
  std::error_code error;
  return std::filesystem::exists(folder / "model.json", error);
}

std::vector<Path> folders_of_variable() {
  std::vector<Path> folders;
  const char* const value = std::getenv("DEEPCACHE_GEN_MODELS");
  std::istringstream list(value != nullptr ? value : "");
  for (std::string folder; std::getline(list, folder, ':');) {
    if (!folder.empty()) folders.emplace_back(folder);
  }
  return folders;
}

// The model folders in `place`, or `place` itself, by name.
std::vector<FoundModel> models_in(const Path& place) {
  // A trailing slash would leave no name.
  const Path folder = std::filesystem::absolute(place / ".").lexically_normal().parent_path();
  if (is_model(folder)) return {{folder.filename().string(), folder}};
  std::vector<FoundModel> models;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (is_model(entry.path())) models.push_back({entry.path().filename().string(), entry.path()});
  }
  std::sort(models.begin(), models.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return models;
}

}  // namespace

std::filesystem::path embedded_model_folder() {
  const std::filesystem::path bin = folder_of_program("the embedded model");
  const std::array candidates{bin / "../models/scenes", bin / "../share/deepcache-gen/models/scenes"};
  for (const std::filesystem::path& folder : candidates) {
    if (std::filesystem::exists(folder / "model.json")) return folder.lexically_normal();
  }
  throw Error("the embedded model was not found beside the program, in " + candidates[0].lexically_normal().string() +
              " or " + candidates[1].lexically_normal().string() + "; name a model folder with --model DIR");
}

std::vector<Path> model_search_path(const std::optional<Path>& chosen) {
  std::vector<Path> places;
  if (chosen) places.push_back(*chosen);
  for (const Path& folder : folders_of_variable()) places.push_back(folder);
  if (const auto folder = user_folder("XDG_DATA_HOME", ".local/share")) places.push_back(*folder / "models");
  try {
    places.push_back(embedded_model_folder().parent_path());
  } catch (const Error&) {
    // Without the embedded model the others can be used all the same.
  }
  return places;
}

Path folder_of_new_models(const std::optional<Path>& chosen) {
  if (chosen) return *chosen;
  for (const Path& folder : folders_of_variable()) {
    // Not one of a server's, which others read too.
    std::error_code error;
    if (std::filesystem::is_directory(folder, error) && !is_model(folder) && ::access(folder.c_str(), W_OK) == 0)
      return folder;
  }
  if (const auto folder = user_folder("XDG_DATA_HOME", ".local/share")) return *folder / "models";
  throw Error(
      "there is no place for a new model: neither XDG_DATA_HOME nor HOME is set; give one with --models-dir DIR");
}

std::vector<FoundModel> find_models(const std::vector<Path>& search_path) {
  std::vector<FoundModel> found;
  for (const Path& place : search_path) {
    for (FoundModel& model : models_in(place)) {
      const bool known = std::any_of(found.begin(), found.end(), [&](const auto& f) { return f.name == model.name; });
      if (!known) found.push_back(std::move(model));
    }
  }
  return found;
}

Path find_model_folder(const Path& model, const std::vector<Path>& search_path) {
  std::error_code error;
  if (model.has_parent_path() || is_model(model)) return model;
  try {
    return find_model_named(model.string(), search_path);
  } catch (const UsageError& unknown) {
    if (std::filesystem::exists(model, error)) return model;
    throw UsageError(std::string(unknown.what()) + "; there is no such folder either, deepcache-gen export makes one");
  }
}

Path find_model_named(const std::string& name, const std::vector<Path>& search_path) {
  std::vector<std::string> names;
  for (const FoundModel& found : find_models(search_path)) {
    if (found.name == name) return found.folder;
    names.push_back(found.name);
  }
  throw UsageError(unknown_name_message("model", name, names));
}

}  // namespace deepcache_gen
