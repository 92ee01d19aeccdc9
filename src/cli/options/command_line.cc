#include "cli/options/command_line.h"

#include <algorithm>
#include <map>
#include <vector>

#include "cli/options/arguments.h"
#include "cli/options/config_file.h"
#include "cli/options/from_image.h"
#include "cli/options/option_table.h"
#include "support/closest_name.h"
#include "support/error.h"

namespace deepcache_gen {
namespace {

using Arguments = std::vector<Argument>;
using Options = std::vector<Option>;

// The command is the first word that is no flag, and goes from the list; none: pictures are made.
const Command* take_command(Arguments& arguments, const Options& options) {
  const auto word = std::find_if(arguments.begin(), arguments.end(), [](const Argument& a) { return !a.option; });
  if (word == arguments.end()) return nullptr;
  const Command* command = find_command(word->text);
  if (command == nullptr) reject_unknown(word->text, options);
  arguments.erase(word);
  return command;
}

bool is_chosen(const Arguments& arguments, const std::string& flag) {
  return std::any_of(arguments.begin(), arguments.end(),
                     [&](const Argument& a) { return a.option && a.option->long_name() == flag; });
}

// `--version --json` asks for another page than --version, so that flags of one action may stand with another's.
Action action_of(const Arguments& arguments, const Command* command) {
  if (is_chosen(arguments, "--version")) return Action::version;
  return command == nullptr ? Action::generate : command->action;
}

void require_effect(const Arguments& arguments, const Options& options, Action action, const Command* command) {
  for (const Argument& argument : arguments) {
    if (argument.option == nullptr || find_option(options, argument.flag, action) != nullptr) continue;
    const std::string with = action == Action::version ? "with --version"
                             : command                 ? "with " + command->name
                                                       : "without a command such as compare or bench";
    throw UsageError(argument.option->long_name() + " has no effect " + with + "; leave it out");
  }
}

[[noreturn]] void reject_rivals(const Option& one, const Option& other) {
  throw UsageError(one.long_name() + " and " + other.long_name() + " exclude each other; give one");
}

// In the order of the table, so that the same mistakes give the same message however they are arranged.
void store_values(const Arguments& arguments, const Options& options, CommandLine& line) {
  std::map<const Option*, std::vector<const Argument*>> given;
  for (const Argument& argument : arguments) {
    // Beside --help there may be flags that have no effect.
    const Option* option = argument.option ? find_option(options, argument.flag, line.action) : nullptr;
    if (option) given[option].push_back(&argument);
  }
  for (const Option& option : options) {
    const auto found = given.find(&option);
    if (found == given.end()) continue;
    for (const auto& [other, arguments_of_other] : given) {
      if (option.excludes(*other)) reject_rivals(option, *other);
    }
    const std::string name = option.long_name();
    const std::size_t times = found->second.size();
    if (times > 1 && !option.repeatable)
      throw UsageError(name + ": given " + std::to_string(times) + " times; give it once");
    OptionValue value{name, found->second.front()->text};
    for (std::size_t i = 1; i < times; ++i) value.further.push_back(found->second[i]->text);
    option.store(line, value);
  }
}

// What is neither a flag nor the value of one.
std::vector<std::string> other_words(const Arguments& arguments) {
  std::vector<std::string> words;
  for (const Argument& argument : arguments) {
    if (!argument.option) words.push_back(argument.text);
  }
  return words;
}

void take_command_argument(const Command& command, std::vector<std::string> words, CommandLine& line) {
  if (!command.argument.empty() && words.empty())
    throw UsageError(command.name + ": the " + command.argument + " is missing; write " + command.name + " " +
                     command.argument);
  if (command.argument.empty() || words.empty()) return;
  line.argument = words.front();
  if (words.size() > 1) line.exporting.name = words[1];
  const std::vector<std::string>& choices = command.choices;
  if (choices.empty() || std::find(choices.begin(), choices.end(), line.argument) != choices.end()) return;
  throw UsageError(command.name + ": " + unknown_name_message(command.argument, line.argument, choices));
}

void require_prompt(const CommandLine& line, bool has_prompt) {
  if (line.prompts.file && line.action == Action::compare)
    throw UsageError("--prompts has no effect with compare; give --prompt");
  if (has_prompt && line.prompts.file) throw UsageError("--prompt and --prompts exclude each other; give one");
  if (has_prompt || line.prompts.file || line.from_image) return;
  throw UsageError("--prompt is missing; say what to draw, as in --prompt \"a lighthouse by the sea\" (see --help)");
}

void require_fitting(const Arguments& arguments, const CommandLine& line) {
  for (const char* flag : {"--shard", "--skip-bad-lines"}) {
    if (is_chosen(arguments, flag) && !line.prompts.file)
      throw UsageError(std::string(flag) + " has no effect without --prompts; leave it out");
  }
  if (!line.output.latents || !(line.prompts.file || line.output.resume)) return;
  UsageError error("--save-latents",
                   "--save-latents does not go with --prompts and --resume: one array holds all images of one prompt");
  error.add_flag("--resume");
  throw error;
}

std::vector<const Option*> given_options(const Arguments& arguments) {
  std::vector<const Option*> given;
  for (const Argument& argument : arguments) {
    if (argument.option) given.push_back(argument.option);
  }
  return given;
}

void read_config(const std::vector<const Option*>& given, const Options& options, CommandLine& line) {
  if (find_option(options, "--config", line.action) == nullptr) return;
  const std::optional<std::filesystem::path> file = line.config ? line.config : user_config_file();
  if (!file) return;
  read_config_file(*file, options, given, line);
}

// A help page shows what the configuration sets; it must come all the same where that can't be read.
CommandLine with_configured_defaults(const Arguments& arguments, const Options& options, const CommandLine& line) {
  CommandLine configured = line;
  configured.action = line.help_for;
  try {
    read_config(given_options(arguments), options, configured);
  } catch (const Error&) {
    return line;
  }
  configured.action = line.action;
  return configured;
}

bool is_help(Action action) { return action == Action::help || action == Action::help_all; }

// A word too many; where pictures are made it may be the rest of a prompt without quotes.
[[noreturn]] void reject_rest(const std::string& word, const Command* command, const Options& options) {
  if (word.starts_with("-") || command == nullptr || find_option(options, "--prompt", command->action) != nullptr)
    reject_unknown(word, options);
  throw UsageError("unexpected argument " + quoted(word) + "; " + command->name + " takes " +
                   (command->argument.empty()  ? "none"
                    : command->further.empty() ? "one, the " + command->argument
                                               : "two, " + command->argument + " and " + command->further));
}

// A file whose name begins with a hyphen is written with its folder: ./-x
void reject_flags(const std::vector<std::string>& words, const Options& options) {
  for (const std::string& word : words) {
    if (word.starts_with("-")) reject_unknown(word, options);
  }
}

bool needs_prompt(Action action) {
  return action == Action::generate || action == Action::plan || action == Action::compare;
}

}  // namespace

CommandLine parse_command_line(int argc, const char* const* argv) {
  const Options options = option_table();
  Arguments arguments = split_arguments({argv + std::min(argc, 1), argv + argc}, options);
  const Command* command = take_command(arguments, options);
  CommandLine line;
  line.action = line.help_for = action_of(arguments, command);
  if (!is_chosen(arguments, "--help") && !is_chosen(arguments, "--help-all"))
    require_effect(arguments, options, line.action, command);

  store_values(arguments, options, line);
  if (is_help(line.action)) return with_configured_defaults(arguments, options, line);
  if (line.action == Action::version) return line;
  std::vector<const Option*> given = given_options(arguments);
  if (line.from_image) given = read_from_image(options, std::move(given), line);
  read_config(given, options, line);
  const std::vector<std::string> rest = other_words(arguments);
  const std::size_t expected = !command || command->argument.empty() ? 0 : command->further.empty() ? 1 : 2;
  if (line.action == Action::export_model) reject_flags(rest, options);
  if (rest.size() > expected) reject_rest(rest[expected], command, options);
  if (command) take_command_argument(*command, rest, line);
  if (needs_prompt(line.action)) require_prompt(line, is_chosen(arguments, "--prompt"));
  tell_origins(line.picture.configured, [&] { require_fitting(arguments, line); });
  return line;
}

}  // namespace deepcache_gen
