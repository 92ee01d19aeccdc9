#include "cli/commands/model_export.h"

#include "cli/commands/commands.h"
#include "cli/commands/exporter_process.h"
#include "model/file_names.h"
#include "model/model_folders.h"
#include "support/error.h"
#include "support/json_object.h"
#include "support/option_value.h"
#include "support/shell_word.h"

namespace deepcache_gen {
namespace {

using Path = std::filesystem::path;

bool has_identity(const Path& folder, const std::string& identity) try {
  const JsonObject json = JsonObject::from_file(folder / "model.json");
  return json.has("exporter") && json.object("exporter").has("source_identity") &&
         json.object("exporter").string("source_identity") == identity;
} catch (const Error&) {
  return false;
}

bool is_taken(const std::string& name, const CommandLine& line) {
  std::error_code none;
  if (std::filesystem::exists(folder_of_new_models(line.models_folder) / name, none)) return true;
  for (const FoundModel& model : find_models(places_of_models(line))) {
    if (model.name == name) return true;
  }
  return false;
}

// -m would take the first of two.
void require_first(const Path& output, const CommandLine& line) {
  const std::string name = output.filename().string();
  for (const FoundModel& model : find_models(places_of_models(line))) {
    std::error_code none;
    if (model.name != name || std::filesystem::equivalent(model.folder, output, none)) continue;
    throw UsageError("export: there is a model '" + name + "' already, in " + model.folder.string() +
                     "; give the new one another name: export SOURCE NAME");
  }
}

void make_folder(const Path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) throw Error("export: " + folder.string() + " can't be made: " + error.message());
}

std::string models_dir_words(const CommandLine& line) {
  return line.models_folder ? " --models-dir " + shell_word(line.models_folder->string()) : "";
}

}  // namespace

void check_model_name(const std::string& name) {
  if (is_plain_file_name(name) && name.find('/') == std::string::npos && !name.starts_with('-') &&
      !name.starts_with('.'))
    return;
  throw UsageError("export: the model's name " + quoted(name) +
                   ": expected one without / and control characters that begins with no hyphen or full stop; write "
                   "export SOURCE NAME");
}

std::optional<Path> earlier_export(const std::string& source, const std::vector<Path>& places) {
  const std::string identity = identity_of_source(source);
  for (const FoundModel& model : find_models(places)) {
    if (has_identity(model.folder, identity)) return model.folder;
  }
  return {};
}

ModelExport model_export(const std::string& source, const std::string& name, const CommandLine& line) {
  const std::string chosen = name.empty() ? name_of_source(source) : name;
  check_model_name(chosen);
  const Path place = std::filesystem::absolute(folder_of_new_models(line.models_folder));
  const Path output = place / chosen;
  require_first(output, line);
  make_folder(place);
  ModelExport result{output, {"--source=" + source, "--output=" + output.string()}};
  result.arguments.push_back("--source-identity=" + identity_of_source(source));
  result.arguments.insert(result.arguments.end(), line.exporting.flags.begin(), line.exporting.flags.end());
  return result;
}

std::string free_name(const std::string& source, const CommandLine& line) {
  const std::string name = name_of_source(source);
  std::string free = name;
  for (int number = 2; is_taken(free, line); ++number) free = name + "-" + std::to_string(number);
  return free;
}

std::string export_advice(const ExportSource& source, const CommandLine& line) {
  const std::string what = "'" + source.text + "' is " + source.kind;
  if (const auto earlier = earlier_export(source.text, places_of_models(line)))
    return what + ", and was exported before: give the model's name, " + shell_word(earlier->filename().string());
  try {
    exporter_script();
  } catch (const Error& missing) {
    return what + "; a model folder is made of it by an export, but " + missing.what();
  }
  const std::string usual = name_of_source(source.text), name = free_name(source.text, line);
  return what + ", of which a model folder is made once: " + program_word() + " export " + shell_word(source.text) +
         (name == usual ? "" : " " + shell_word(name)) + models_dir_words(line) + "; then -m " + shell_word(name) +
         " works, or add --auto-export to do both now";
}

}  // namespace deepcache_gen
