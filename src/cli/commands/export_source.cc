#include "cli/commands/export_source.h"

#include <algorithm>
#include <cctype>

#include "adapters/checkpoint_kind.h"
#include "adapters/lora_summary.h"
#include "backend/archive/safetensors_header.h"
#include "support/error.h"
#include "support/option_value.h"
#include "support/sha256.h"

namespace deepcache_gen {
namespace {

using Path = std::filesystem::path;

constexpr const char* kSafetensors = ".safetensors";
constexpr const char* kPickled = ".ckpt";

bool is_checkpoint_name(const Path& path) { return path.extension() == kSafetensors || path.extension() == kPickled; }

bool is_there(const Path& path) {
  std::error_code none;
  return std::filesystem::exists(std::filesystem::symlink_status(path, none));
}

// A path that begins with a hyphen would be taken for a flag.
std::string path_text(const Path& path) {
  const std::string text = path.string();
  return text.starts_with('-') ? "./" + text : text;
}

std::string kind_of_checkpoint(const Path& file) {
  const SafetensorsHeader header = read_safetensors_header(file);
  if (is_lora(header)) throw Error(file.string() + ": is a LoRA and no model; it is used by --lora");
  const std::optional<CheckpointKind> kind = checkpoint_kind(header);
  if (!kind) throw Error(file.string() + ": is a safetensors file of an unknown kind; no model can be made of it");
  if (!kind->is_whole_model) {
    throw Error(file.string() + ": is no model but a " + kind->kind + "; what it is for: " + kind->made_for);
  }
  return "a " + kind->kind + (kind->family ? " (" + *kind->family + ")" : "");
}

bool is_part_of_hub_id(const std::string& part) {
  const auto is_accepted = [](unsigned char c) { return std::isalnum(c) != 0 || c == '_' || c == '.' || c == '-'; };
  return part != "." && part != ".." && !part.empty() && std::all_of(part.begin(), part.end(), is_accepted);
}

// OWNER/NAME, where no folder OWNER is here: else it is a path, of something that is not there.
bool may_be_hub_id(const Path& path) {
  const std::vector<std::string> parts = split(path.string(), '/');
  return parts.size() == 2 && is_part_of_hub_id(parts[0]) && is_part_of_hub_id(parts[1]) &&
         std::isalnum(static_cast<unsigned char>(parts[0].front())) != 0 && !is_checkpoint_name(path) &&
         !is_there(parts[0]);
}

// Without the slashes at its end.
Path normal(const Path& path) { return std::filesystem::absolute(path / ".").lexically_normal().parent_path(); }

std::string time_text(const Path& file) {
  std::error_code error;
  const auto time = std::filesystem::last_write_time(file, error);
  return error ? "" : std::to_string(time.time_since_epoch().count());
}

}  // namespace

std::optional<ExportSource> export_source(const Path& path) {
  std::error_code none;
  if (std::filesystem::is_directory(path, none)) {
    if (!std::filesystem::is_regular_file(path / "model_index.json", none)) return {};
    return ExportSource{path_text(path), "a diffusers folder"};
  }
  if (std::filesystem::is_regular_file(path, none)) {
    if (path.extension() == kSafetensors) return ExportSource{path_text(path), kind_of_checkpoint(path)};
    if (path.extension() == kPickled) return ExportSource{path_text(path), "a checkpoint"};
    return {};
  }
  if (!is_there(path) && may_be_hub_id(path)) return ExportSource{path.string(), "no folder here but may be a hub id"};
  return {};
}

std::optional<ExportSource> source_meant(const Path& folder) {
  if (is_there(folder / "model.json")) return {};
  return export_source(folder);
}

std::string name_of_source(const std::string& source) {
  const Path path = is_there(source) ? normal(source) : Path(source);
  return (is_checkpoint_name(path) ? path.stem() : path.filename()).string();
}

std::string identity_of_source(const std::string& source) {
  if (!is_there(source)) return sha256_of("hub id " + source);
  const Path path = normal(source);
  std::error_code folder;
  const std::uintmax_t size = std::filesystem::file_size(path, folder);
  const Path dated = folder ? path / "model_index.json" : path;
  return sha256_of(path.string() + '\0' + (folder ? "folder" : std::to_string(size)) + '\0' + time_text(dated));
}

}  // namespace deepcache_gen
