#include <unistd.h>

#include <iostream>

#include "cli/commands/commands.h"
#include "cli/commands/export_source.h"
#include "cli/commands/exporter_process.h"
#include "cli/commands/model_export.h"
#include "model/model_folders.h"
#include "support/error.h"
#include "support/printable.h"

namespace deepcache_gen {
namespace {

using Path = std::filesystem::path;

void say(const CommandLine& line, const std::string& text) {
  if (line.messages.verbosity != Verbosity::quiet) std::cerr << printable(text) << std::endl;
}

// As far as it is one: -m's value may be wrong, which is told where the model is read.
std::optional<ExportSource> source_of(const Path& model, const std::vector<Path>& places) try {
  return source_meant(find_model_folder(model, places));
} catch (const Error&) {
  return {};
}

// Somebody sits there who can answer; what is read of stdin is not a list of prompts.
bool can_ask(const CommandLine& line) {
  return line.messages.verbosity != Verbosity::quiet && line.prompts.file != "-" && ::isatty(STDIN_FILENO) == 1 &&
         ::isatty(STDERR_FILENO) == 1;
}

std::string answer() {
  std::string text;
  for (char c = 0; text.size() < 8 && ::read(STDIN_FILENO, &c, 1) == 1 && c != '\n';) text += c;
  return text;
}

bool agrees(const ExportSource& source, const Path& output) {
  std::cerr << printable("'" + source.text + "' is " + source.kind + "; make a model of it in " + output.string())
            << " now (once; some minutes)? [y/N] " << std::flush;
  const std::string text = answer();
  return text == "y" || text == "Y" || text == "yes";
}

// The folder of a model that is made of the source now or was before; unset where nobody wants that.
std::optional<Path> exported(const ExportSource& source, const CommandLine& line) {
  if (!line.auto_export && !can_ask(line)) return {};
  if (const std::optional<Path> earlier = earlier_export(source.text, places_of_models(line))) {
    say(line, "'" + source.text + "' was exported before; using " + earlier->string());
    return earlier;
  }
  const Path script = exporter_script();
  const std::string name = free_name(source.text, line);
  if (!line.auto_export && !agrees(source, folder_of_new_models(line.models_folder) / name)) return {};
  const ModelExport work = model_export(source.text, name, line);
  say(line, "exporting '" + source.text + "' to " + work.output.string());
  run_exporter(script, work.arguments);
  return work.output;
}

void export_if_meant(const std::string& flag, std::optional<Path>& model, const CommandLine& line) {
  // A picture may be a stranger's, and names models only.
  if (!model || line.picture.configured.of_picture.contains(flag)) return;
  const std::optional<ExportSource> source = source_of(*model, places_of_models(line));
  if (!source) return;
  try {
    if (const std::optional<Path> folder = exported(*source, line)) model = folder;
  } catch (Error& error) {
    error.add_flag(flag);
    throw;
  }
}

}  // namespace

void export_model(const CommandLine& line) {
  const Path script = exporter_script();
  const std::string source = line.argument.starts_with('-') ? "./" + line.argument : line.argument;
  become_exporter(script, model_export(source, line.exporting.name, line).arguments);
}

void export_named_models(CommandLine& line) {
  // --model, --vae and --refiner, each with the line as it was given.
  const CommandLine given = line;
  export_if_meant("--model", line.model, given);
  export_if_meant("--vae", line.vae, given);
  export_if_meant("--refiner", line.refiner, given);
}

}  // namespace deepcache_gen
