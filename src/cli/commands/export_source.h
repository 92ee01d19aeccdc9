#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace deepcache_gen {

/// Something that the exporter makes a model of.
struct ExportSource {
  std::string text;  ///< as the exporter takes it: a path, which begins with no hyphen, or a hub id
  std::string kind;  ///< for a message: "a diffusers folder"
};

/// What `path`, which is no model folder, is to the exporter: a checkpoint by its header (.safetensors) or its name
/// (.ckpt), a folder with a model_index.json, or, where nothing of that path is there, a hub id. Unset where it is none
/// of them. Throws `Error` for a .safetensors file that is cut short or malformed, or holds something else, saying
/// what.
std::optional<ExportSource> export_source(const std::filesystem::path& path);

/// `export_source` of what -m names, as `find_model_folder` gives it; unset where it is a model's folder.
std::optional<ExportSource> source_meant(const std::filesystem::path& folder);

/// The name that a model of this source gets: of a file without its ending, of a folder or a hub id the last part. May
/// be one that `check_model_name` refuses.
std::string name_of_source(const std::string& source);

/// What tells this source from others of its name, and from what it was before: a checksum of its path, size and time
/// of change, or of the hub id. The exporter writes it into model.json.
std::string identity_of_source(const std::string& source);

}  // namespace deepcache_gen
