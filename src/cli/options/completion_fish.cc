#include "cli/options/completion.h"
#include "cli/options/option_table.h"

namespace deepcache_gen {
namespace {

constexpr const char* kHead =
    "# Completes deepcache-gen in fish: save it as deepcache-gen.fish in\n"
    "# ~/.config/fish/completions\n";

// The first word that is a command, and not what stands behind a flag, decides which flags there are.
std::string command_function() {
  return "function __deepcache_gen_command_is\n"
         "    set -l words (commandline -opc)\n"
         "    set -l command generate\n"
         "    set -l is_value no\n"
         "    set -e words[1]\n"
         "    for word in $words\n"
         "        if test $is_value = yes\n"
         "            set is_value no\n"
         "        else if contains -- $word " +
         joined(names_with_value()) +
         "\n"
         "            set is_value yes\n"
         "        else if contains -- $word " +
         joined(command_names()) +
         "\n"
         "            set command $word\n"
         "            break\n"
         "        end\n"
         "    end\n"
         "    contains -- $command $argv\n"
         "end\n";
}

std::string models_function() {
  return "function __deepcache_gen_models\n"
         "    set -l words (commandline -opc)\n"
         "    " +
         model_names_command("$words[1]") +
         "\n"
         "    __fish_complete_directories (commandline -ct) folder\n"
         "end\n";
}

std::string in_quotes(const std::string& text) {
  return std::string("'").append(escaped(text, "'\\", "\\")).append("'");
}

std::string values_of(const Option& option) {
  if (option.is_switch()) return "";
  if (!option.choices.empty()) return " -xa " + in_quotes(joined(option.choices));
  switch (option.takes) {
    case Takes::file:
      return " -rF";
    case Takes::folder:
      return " -xa '(__fish_complete_directories (commandline -ct) folder)'";
    case Takes::model:
      return " -xa '(__deepcache_gen_models)'";
    case Takes::text:
      return " -x";
  }
  return "";
}

std::string condition_of(const Option& option) {
  std::string commands = option.applies_to(Action::generate) ? " generate" : "";
  for (const Command& command : command_table()) {
    if (option.applies_to(command.action)) commands += " " + command.name;
  }
  return " -n '__deepcache_gen_command_is" + commands + "'";
}

std::string flag_line(const Option& option) {
  std::string names;
  for (const std::string& name : option.split_names()) {
    names += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
  }
  return "complete -c deepcache-gen" + condition_of(option) + names + " -d " + in_quotes(one_sentence(option.help)) +
         values_of(option) + "\n";
}

std::string command_lines(const Command& command) {
  const std::string start = "complete -c deepcache-gen -n '__deepcache_gen_command_is ";
  const std::string line = start + "generate' -a " + command.name + " -d " + in_quotes(command.help) + "\n";
  if (command.argument.empty()) return line;
  if (command.takes == Takes::file) return line + start + command.name + "' -F\n";
  const std::string what = command.choices.empty() ? "(__deepcache_gen_models)" : joined(command.choices);
  return line + start + command.name + "' -a '" + what + "'\n";
}

}  // namespace

std::string fish_completion() {
  std::string script = kHead + command_function() + models_function() + "complete -c deepcache-gen -f\n";
  for (const Command& command : command_table()) script += command_lines(command);
  for (const Option& option : option_table()) script += flag_line(option);
  return script;
}

}  // namespace deepcache_gen
