#include "cli/options/completion.h"
#include "cli/options/option_table.h"

namespace deepcache_gen {
namespace {

constexpr const char* kHead =
    "#compdef deepcache-gen\n"
    "# Completes deepcache-gen in zsh: save it as _deepcache-gen in a folder of $fpath, or source it.\n";

// The first word that is a command, and not what stands behind a flag, decides which flags there are.
constexpr const char* kFindCommand =
    "  local command='' i\n"
    "  for ((i = 2; i < CURRENT; i++)); do\n"
    "    if (( ${with_value[(Ie)${words[i]}]} )); then\n"
    "      (( i++ ))\n"
    "    elif (( ${commands[(Ie)${words[i]}]} )); then\n"
    "      command=${words[i]}\n"
    "      break\n"
    "    fi\n"
    "  done\n";

// Autoloaded, the file is the function's body; sourced, it is a script.
constexpr const char* kEnd =
    "if [[ $funcstack[1] == _deepcache-gen ]]; then _deepcache-gen \"$@\"; else compdef _deepcache-gen "
    "deepcache-gen; fi\n";

std::string models_function() {
  return "_deepcache_gen_models() {\n  local -a names=(${(f)\"$(" + model_names_command("${(Q)words[1]}") +
         ")\"})\n  _alternative 'models:model:compadd -a names' 'folders:folder:_files -/'\n}\n";
}

// What follows a flag's description: `:PLACEHOLDER:ACTION`.
std::string values_of(const Option& option) {
  if (option.is_switch()) return "";
  const std::string message = ":" + option.placeholder + ":";
  if (!option.choices.empty()) return message + "(" + joined(option.choices) + ")";
  switch (option.takes) {
    case Takes::file:
      return message + "_files";
    case Takes::folder:
      return message + "_files -/";
    case Takes::model:
      return message + "_deepcache_gen_models";
    case Takes::text:
      return message;
  }
  return message;
}

// How a flag and its value stand together: -s7 or -s 7, --seed=7 or --seed 7.
std::string with_value_mark(const Option& option, const std::string& name) {
  if (option.is_switch()) return name;
  return name + (name.starts_with("--") ? "=" : "+");
}

// A line for each name of a flag; once one of them is there, none is offered again, unless it may be given several
// times.
std::string flag_lines(Action action) {
  std::string lines;
  for (const Option& option : option_table()) {
    if (!option.applies_to(action)) continue;
    const std::vector<std::string> names = option.split_names();
    const std::string help = escaped(escaped(one_sentence(option.help), "[]:\\", "\\"), "'", "'\\'");
    for (const std::string& name : names) {
      std::string shut_out = joined(names);
      for (const std::string& rival : option.rivals) shut_out.append(" ").append(rival);
      lines.append(option.repeatable ? "        '*" : "        '(" + shut_out + ")");
      lines += with_value_mark(option, name) + "[" + help + "]" + values_of(option) + "' \\\n";
    }
  }
  return lines;
}

std::string argument_of(const Command& command) {
  if (command.argument.empty()) return "";
  const std::string start = " '2:" + command.argument + ":";
  if (command.takes == Takes::file) return start + "_files'";
  if (command.choices.empty()) return start + "_deepcache_gen_models'";
  return start + "(" + joined(command.choices) + ")'";
}

std::string described_commands() {
  std::vector<std::string> words;
  for (const Command& command : command_table())
    words.push_back(command.name + "\\:\"" + escaped(command.help, "'", "'\\'") + "\"");
  return std::string("((").append(joined(words)).append("))");
}

}  // namespace

std::string zsh_completion() {
  std::string script = kHead + models_function() + "_deepcache-gen() {\n  local -a commands=(" +
                       joined(command_names()) + ")\n  local -a with_value=(" + joined(names_with_value()) + ")\n" +
                       kFindCommand + "  case $command in\n";
  for (const Command& command : command_table()) {
    script += "    " + command.name + ")\n      _arguments \\\n" + flag_lines(command.action) + "        '1:command:(" +
              command.name + ")'" + argument_of(command) + " ;;\n";
  }
  return script + "    *)\n      _arguments \\\n" + flag_lines(Action::generate) +
         "        '1:command:" + described_commands() + "' ;;\n  esac\n}\n" + kEnd;
}

}  // namespace deepcache_gen
