#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "model/model_info.h"

namespace deepcache_gen {

/// A model that -m takes by name: what it is, or why it can't be used.
struct ListedModel {
  std::string name;
  std::filesystem::path folder;
  std::optional<ModelInfo> info;
  std::string problem;  ///< empty where there is `info`
};

/// One `printable` line each: name, family, size of its pictures, dtype, size on disk, folder; no newline at the end.
std::string model_list_text(const std::vector<ListedModel>& models);

/// One JSON array with the same, on one line; a model that can't be used has `error`.
std::string model_list_json(const std::vector<ListedModel>& models);

}  // namespace deepcache_gen
