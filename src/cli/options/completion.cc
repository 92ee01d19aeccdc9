#include "cli/options/completion.h"

#include <algorithm>

#include "cli/options/command_table.h"
#include "cli/options/option_table.h"

namespace deepcache_gen {
namespace {

constexpr const char* kListModels = "deepcache-gen models 2>/dev/null | sed 's/ .*//'";

std::string joined(const std::vector<std::string>& words, const std::string& separator = " ") {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : separator) + word;
  return text;
}

std::string command_names() {
  std::vector<std::string> names;
  for (const Command& command : command_table()) names.push_back(command.name);
  return joined(names);
}

std::string flags_of(Action action) {
  std::vector<std::string> names;
  for (const Option& option : option_table()) {
    if (!option.applies_to(action)) continue;
    for (const std::string& name : option.split_names()) names.push_back(name);
  }
  return joined(names);
}

std::string one_sentence(const std::string& help) { return help.substr(0, help.find(". ")); }

std::string escaped(const std::string& text, const std::string& special, const std::string& with) {
  std::string result;
  for (const char c : text) {
    if (special.find(c) != std::string::npos) result += with;
    result += c;
  }
  return result;
}

// ---- bash: a function that looks at the word before, then at the command.

std::string bash_values(const Option& option) {
  if (!option.choices.empty()) return "compgen -W '" + joined(option.choices) + "' -- \"$word\"";
  switch (option.takes) {
    case Takes::file:
      return "compgen -f -- \"$word\"";
    case Takes::folder:
      return "compgen -d -- \"$word\"";
    case Takes::model:
      return "{ compgen -d -- \"$word\"; compgen -W \"$(" + std::string(kListModels) + ")\" -- \"$word\"; }";
    case Takes::text:
      return "true";
  }
  return "true";
}

std::string bash_script() {
  std::string script =
      "# Completes deepcache-gen in bash: source it, or save it as deepcache-gen in\n"
      "# ~/.local/share/bash-completion/completions\n"
      "_deepcache_gen() {\n"
      "  local word=${COMP_WORDS[COMP_CWORD]} before='' command='' i\n"
      "  ((COMP_CWORD == 0)) || before=${COMP_WORDS[COMP_CWORD - 1]}\n"
      "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
      "    case ${COMP_WORDS[i]} in\n"
      "      " +
      std::string();
  std::vector<std::string> names;
  for (const Command& command : command_table()) names.push_back(command.name);
  script += joined(names, " | ") + ") command=${COMP_WORDS[i]} ;;\n    esac\n  done\n  case $before in\n";
  std::vector<std::string> seen;
  for (const Option& option : option_table()) {
    if (option.is_switch()) continue;
    std::vector<std::string> new_names;
    for (const std::string& name : option.split_names()) {
      if (std::find(seen.begin(), seen.end(), name) == seen.end()) new_names.push_back(name);
    }
    seen.insert(seen.end(), new_names.begin(), new_names.end());
    if (new_names.empty()) continue;
    script +=
        "    " + joined(new_names, " | ") + ") mapfile -t COMPREPLY < <(" + bash_values(option) + "); return ;;\n";
  }
  script += "  esac\n  case $command in\n";
  for (const Command& command : command_table()) {
    const std::string words = joined(command.choices) + " " + flags_of(command.action);
    script += "    " + command.name + ") mapfile -t COMPREPLY < <(compgen -W '" + words + "' -- \"$word\") ;;\n";
  }
  return script + "    *) mapfile -t COMPREPLY < <(compgen -W '" + command_names() + " " + flags_of(Action::generate) +
         "' -- \"$word\") ;;\n  esac\n}\ncomplete -o filenames -F _deepcache_gen deepcache-gen\n";
}

// ---- zsh: _arguments specifications.

std::string zsh_values(const Option& option) {
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

std::string zsh_arguments(Action action) {
  std::string lines;
  for (const Option& option : option_table()) {
    if (!option.applies_to(action)) continue;
    for (const std::string& name : option.split_names()) {
      const std::string help = escaped(escaped(one_sentence(option.help), "[]:\\", "\\"), "'", "'\\'");
      lines += " \\\n        '" + name + "[" + help + "]" + zsh_values(option) + "'";
    }
  }
  return lines;
}

std::string zsh_script() {
  std::string script =
      "#compdef deepcache-gen\n"
      "# Completes deepcache-gen in zsh: save it as _deepcache-gen in a folder of $fpath.\n"
      "_deepcache_gen_models() {\n"
      "  _alternative \"models:model:($(" +
      std::string(kListModels) +
      "))\" 'folders:folder:_files -/'\n"
      "}\n"
      "_deepcache-gen() {\n"
      "  local command=''\n"
      "  local -a commands=(" +
      command_names() +
      ")\n"
      "  local word\n"
      "  for word in ${words[2,CURRENT-1]}; do\n"
      "    (( ${commands[(Ie)$word]} )) && command=$word\n"
      "  done\n"
      "  case $command in\n";
  for (const Command& command : command_table()) {
    const std::string argument =
        command.choices.empty() ? "*::argument:_files" : "*:argument:(" + joined(command.choices) + ")";
    script += "    " + command.name + ")\n      _arguments" + zsh_arguments(command.action) +
              " \\\n        '1:command:(" + command.name + ")' '" + argument + "' ;;\n";
  }
  return script + "    *)\n      _arguments" + zsh_arguments(Action::generate) + " \\\n        '1:command:(" +
         command_names() +
         ")' ;;\n  esac\n}\n"
         "if [[ $funcstack[1] == _deepcache-gen ]]; then _deepcache-gen \"$@\"; else compdef _deepcache-gen "
         "deepcache-gen; fi\n";
}

// ---- fish: one line a flag.

std::string fish_condition(const Option& option) {
  if (option.applies_to(Action::generate)) {
    return option.topic == "Help" ? "" : " -n 'not __fish_seen_subcommand_from " + command_names() + "'";
  }
  return "";
}

std::string fish_line(const Option& option, const std::string& condition) {
  std::string line = "complete -c deepcache-gen" + condition;
  for (const std::string& name : option.split_names()) {
    line += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
  }
  line += " -d '" + escaped(one_sentence(option.help), "'\\", "\\") + "'";
  if (option.is_switch()) return line + "\n";
  if (!option.choices.empty()) return line + " -xa '" + joined(option.choices) + "'\n";
  switch (option.takes) {
    case Takes::file:
      return line + " -rF\n";
    case Takes::folder:
      return line + " -xa '(__fish_complete_directories)'\n";
    case Takes::model:
      return line + " -xa '(__fish_complete_directories; " + escaped(kListModels, "'", "\\") + ")'\n";
    case Takes::text:
      return line + " -x\n";
  }
  return line + "\n";
}

std::string fish_script() {
  std::string script =
      "# Completes deepcache-gen in fish: save it as deepcache-gen.fish in\n"
      "# ~/.config/fish/completions\n"
      "complete -c deepcache-gen -f\n";
  for (const Command& command : command_table()) {
    script += "complete -c deepcache-gen -n __fish_use_subcommand -a " + command.name + " -d '" +
              escaped(command.help, "'\\", "\\") + "'\n";
    if (!command.choices.empty())
      script += "complete -c deepcache-gen -n '__fish_seen_subcommand_from " + command.name + "' -a '" +
                joined(command.choices) + "'\n";
  }
  for (const Option& option : option_table()) {
    if (option.applies_to(Action::generate)) script += fish_line(option, fish_condition(option));
    for (const Command& command : command_table()) {
      const bool everywhere = option.topic == "Help";
      if (!everywhere && option.applies_to(command.action))
        script += fish_line(option, " -n '__fish_seen_subcommand_from " + command.name + "'");
    }
  }
  return script;
}

}  // namespace

std::string completion_script(const std::string& shell) {
  if (shell == "bash") return bash_script();
  if (shell == "zsh") return zsh_script();
  return fish_script();
}

}  // namespace deepcache_gen
