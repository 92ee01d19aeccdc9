#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "cli/commands/export_source.h"
#include "cli/options/command_line.h"

namespace deepcache_gen {

/// Throws `UsageError` unless a folder of that name can be made, listed, and given with -m: no path, nothing that
/// begins with a hyphen or a full stop, no control characters.
void check_model_name(const std::string& name);

/// The model in `places` that `export` made of the same source, unchanged since.
std::optional<std::filesystem::path> earlier_export(const std::string& source,
                                                    const std::vector<std::filesystem::path>& places);

/// One export: which folder it writes, and what the exporter is told.
struct ModelExport {
  std::filesystem::path output;
  std::vector<std::string> arguments;
};

/// The export of a source to a model of that name, where `line` has models written; the folder above it is made. `name`
/// empty: that of the source. Throws `UsageError` where the name is not accepted or is another model's, `Error` where
/// the folder can't be made.
ModelExport model_export(const std::string& source, const std::string& name, const CommandLine& line);

/// The name of the source, with a number behind it where a model or another folder is called that already.
std::string free_name(const std::string& source, const CommandLine& line);

/// One line: what this is, and the command that makes a model of it, or the name of the model that was made of it, or
/// that there is no exporter here.
std::string export_advice(const ExportSource& source, const CommandLine& line);

}  // namespace deepcache_gen
