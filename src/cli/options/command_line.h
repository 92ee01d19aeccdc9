#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "backend/execution_options.h"
#include "pipeline/request.h"

namespace deepcache_gen {

/// What the command is to do.
enum class Action { generate, plan, inspect, help, version };

/// What goes to stderr. quiet: errors and warnings; verbose: timings and where it runs as well.
enum class Verbosity { quiet, normal, verbose };

/// Where results go and what is said.
struct OutputOptions {
  std::optional<std::string> images;  ///< a file, a pattern with %03d or a folder (cli/output/output_names.h)
  std::optional<std::filesystem::path> latents;  ///< .npy file of the final latents
  bool json = false;
  Verbosity verbosity = Verbosity::normal;
};

/// The command line as plain data.
struct CommandLine {
  Action action = Action::generate;
  std::optional<std::filesystem::path> model;  ///< a model folder; unset: the embedded model
  std::filesystem::path inspected;             ///< the folder of `inspect`
  GenerationRequest request;                   ///< all but the seed
  std::optional<std::int64_t> seed;            ///< unset: random
  ExecutionOptions execution;
  OutputOptions output;
};

/// Reads the arguments; `argv[0]` is skipped. Only syntax is checked here: what depends on the model is checked by
/// `resolve`. Throws `UsageError` naming the flag, the value, what is accepted and what to do.
CommandLine parse_command_line(int argc, const char* const* argv);

}  // namespace deepcache_gen
