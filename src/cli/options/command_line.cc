#include "cli/options/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <vector>

#include "cli/options/option_table.h"
#include "support/closest_name.h"
#include "support/error.h"

namespace deepcache_gen {
namespace {

using Arguments = std::vector<std::string>;
using Options = std::vector<Option>;

const Option* find_option(const Options& options, const std::string& name) {
  for (const Option& option : options) {
    const Arguments names = option.split_names();
    if (std::find(names.begin(), names.end(), name) != names.end()) return &option;
  }
  return nullptr;
}

// The value of `option` is missing where the arguments end or another flag follows.
void require_value(const Option& option, const Options& options, const std::string* next) {
  if (next != nullptr && find_option(options, *next) == nullptr) return;
  const std::string name = option.long_name();
  std::string message = name + ": its value is missing; write " + name + " " + option.placeholder;
  if (next != nullptr) message += ", or " + name + "=" + *next + " if that is the value";
  throw UsageError(message);
}

// CLI11 takes whatever follows a flag for its value, and what follows that for the value after `--flag=`. Here each
// flag is checked to have a value of its own, and `--flag=value` becomes two arguments.
Arguments separate_values(const Arguments& given, const Options& options) {
  Arguments separated;
  for (std::size_t i = 0; i < given.size(); ++i) {
    const std::size_t equals = given[i].starts_with("--") ? given[i].find('=') : std::string::npos;
    const Option* option = find_option(options, given[i].substr(0, equals));
    separated.push_back(option == nullptr ? given[i] : given[i].substr(0, equals));
    if (option == nullptr || (option->is_switch() && equals == std::string::npos)) continue;
    if (option->is_switch())
      throw UsageError(option->long_name() + ": takes no value; leave out " + given[i].substr(equals));
    if (equals == std::string::npos) require_value(*option, options, i + 1 < given.size() ? &given[i + 1] : nullptr);
    separated.push_back(equals == std::string::npos ? given[++i] : given[i].substr(equals + 1));
  }
  return separated;
}

void add_option(CLI::App& app, const Option& option, CommandLine& line) {
  const auto store = [&line, &option](const CLI::results_t& results) {
    const std::string name = option.long_name();
    if (results.size() > 1)
      throw UsageError(name + ": given " + std::to_string(results.size()) + " times; give it once");
    option.store(line, {name, option.is_switch() ? "" : results.front()});
    return true;
  };
  CLI::Option* added = app.add_option(option.names, store);
  added->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  if (option.is_switch()) added->type_size(0);
}

[[noreturn]] void reject_unknown(const std::string& argument, const Options& options) {
  if (!argument.starts_with("-")) {
    const bool inspect = !closest_name(argument, {"inspect"}).empty();
    throw UsageError("unexpected argument " + quoted(argument) +
                     (inspect ? "; did you mean 'inspect'?" : "; text with spaces needs quotes: --prompt \"TEXT\""));
  }
  Arguments known;
  for (const Option& option : options) {
    for (const std::string& name : option.split_names()) known.push_back(name);
  }
  const std::string name = argument.substr(0, argument.find('='));
  const std::string closest = closest_name(name, known);
  throw UsageError("unknown flag " + quoted(name) + (closest.empty() ? "" : "; did you mean '" + closest + "'?") +
                   (closest.empty() ? "; " : " ") + "--help lists the flags");
}

void require_complete(const CLI::App& app, const CommandLine& line, const Options& options) {
  const bool inspects = line.action == Action::inspect;
  for (const Option& option : options) {
    if (inspects && !option.for_inspect && app.count(option.long_name()) > 0) {
      throw UsageError(option.long_name() + " has no effect with inspect; leave it out");
    }
  }
  if (inspects && line.inspected.empty()) throw UsageError("inspect: the model folder is missing; write inspect DIR");
  if ((line.action == Action::generate || line.action == Action::plan) && app.count("--prompt") == 0) {
    throw UsageError("--prompt is missing; say what to draw, as in --prompt \"a lighthouse by the sea\" (see --help)");
  }
}

}  // namespace

CommandLine parse_command_line(int argc, const char* const* argv) {
  const Options options = option_table();
  CommandLine line;
  CLI::App app;
  app.set_help_flag("");
  app.allow_extras();
  CLI::App* inspect = app.add_subcommand("inspect")->fallthrough();
  inspect->add_option("folder", line.inspected);
  for (const Option& option : options) add_option(app, option, line);

  Arguments arguments = separate_values(Arguments(argv + std::min(argc, 1), argv + argc), options);
  std::reverse(arguments.begin(), arguments.end());
  try {
    app.parse(arguments);
  } catch (const CLI::Error& error) {
    throw UsageError(std::string(error.what()) + "; --help lists the flags");
  }
  if (const Arguments unknown = app.remaining(true); !unknown.empty()) reject_unknown(unknown.front(), options);
  const bool prints_text = line.action == Action::help || line.action == Action::version;
  if (inspect->parsed() && !prints_text) line.action = Action::inspect;
  require_complete(app, line, options);
  return line;
}

}  // namespace deepcache_gen
