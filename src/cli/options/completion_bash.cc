#include "cli/options/completion.h"
#include "cli/options/option_table.h"

namespace deepcache_gen {
namespace {

constexpr const char* kHead =
    "# Completes deepcache-gen in bash: source it, or save it as deepcache-gen in\n"
    "# ~/.local/share/bash-completion/completions\n"
    "_deepcache_gen_words() {\n"
    "  mapfile -t COMPREPLY < <(compgen -W \"$1\" -- \"$word\")\n"
    "}\n"
    "# Not by compgen -W, which would expand what stands in the name of a folder.\n"
    "_deepcache_gen_models() {\n"
    "  local name\n"
    "  word=${word#[\\\"\\']}\n"
    "  while IFS= read -r name; do\n"
    "    [[ $name != \"${word//\\\\/}\"* ]] || COMPREPLY+=(\"$name\")\n";

// Bash takes --steps=3 for three words.
constexpr const char* kWords =
    "  local program=$1 word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} command='' i\n"
    "  COMPREPLY=()\n"
    "  if [[ $word == '=' ]]; then\n"
    "    word=''\n"
    "  elif [[ $before == '=' ]]; then\n"
    "    before=${COMP_WORDS[COMP_CWORD - 2]}\n"
    "  fi\n";

// For the words behind a flag.
std::string values_of(const Option& option) {
  if (!option.choices.empty()) return "_deepcache_gen_words '" + joined(option.choices) + "'; ";
  switch (option.takes) {
    case Takes::file:
      return "compopt -o default; ";
    case Takes::folder:
      return "compopt -o dirnames; ";
    case Takes::model:
      return "_deepcache_gen_models; ";
    case Takes::text:
      return "";
  }
  return "";
}

std::string value_case(const Option& option, const std::string& command) {
  std::vector<std::string> patterns;
  for (const std::string& name : option.split_names()) patterns.push_back(command + ":" + name);
  return "    " + joined(patterns, " | ") + ") " + values_of(option) + "return ;;\n";
}

// A flag may take other values with one of the commands; that one is looked for first.
std::string value_cases() {
  std::string of_commands, of_all;
  for (const Option& option : option_table()) {
    if (option.is_switch()) continue;
    if (option.applies_to(Action::generate)) {
      of_all += value_case(option, "*");
      continue;
    }
    for (const Command& command : command_table()) {
      if (option.applies_to(command.action)) of_commands += value_case(option, command.name);
    }
  }
  return "  case $command:$before in\n" + of_commands + of_all + "  esac\n";
}

std::string find_command_lines() {
  return "  for ((i = 1; i < COMP_CWORD; i++)); do\n    case ${COMP_WORDS[i]} in\n      " +
         joined(names_with_value(), " | ") + ")\n        [[ ${COMP_WORDS[i + 1]} != '=' ]] || ((i++))\n" +
         "        ((i++))\n        ;;\n      " + joined(command_names(), " | ") +
         ")\n        command=${COMP_WORDS[i]}\n        break\n        ;;\n    esac\n  done\n";
}

std::string word_cases() {
  std::string text = "  case $command in\n";
  for (const Command& command : command_table()) {
    const std::string flags = joined(names_of_flags(command.action));
    text += "    " + command.name + ") ";
    if (!command.argument.empty() && command.choices.empty())
      text += std::string("[[ $word == -* ]] || { ") +
              (command.takes == Takes::model ? "_deepcache_gen_models" : "compopt -o default") + "; return; }; ";
    text += "_deepcache_gen_words '" + joined(command.choices) + " " + flags + "' ;;\n";
  }
  const std::string flags = joined(names_of_flags(Action::generate));
  return text + "    *) _deepcache_gen_words '" + joined(command_names()) + " " + flags + "' ;;\n  esac\n";
}

}  // namespace

std::string bash_completion() {
  return kHead + ("  done < <(" + model_names_command("\"$program\"")) + ")\n  compopt -o plusdirs\n}\n" +
         "_deepcache_gen() {\n" + kWords + find_command_lines() + value_cases() + word_cases() +
         "}\ncomplete -o filenames -F _deepcache_gen deepcache-gen\n";
}

}  // namespace deepcache_gen
