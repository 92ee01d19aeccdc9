#include "cli/options/completion.h"

#include <algorithm>

#include "cli/options/option_table.h"

namespace deepcache_gen {

std::string completion_script(const std::string& shell) {
  if (shell == "bash") return bash_completion();
  if (shell == "zsh") return zsh_completion();
  return fish_completion();
}

// Columns are two spaces apart, and a name may have one in it.
std::string model_names_command(const std::string& program) {
  return program + " models 2>/dev/null | sed -n '/  can.t be used: /!s/  .*//p'";
}

std::string joined(const std::vector<std::string>& words, const std::string& separator) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : separator) + word;
  return text;
}

std::vector<std::string> command_names() {
  std::vector<std::string> names;
  for (const Command& command : command_table()) names.push_back(command.name);
  return names;
}

std::vector<std::string> names_with_value() {
  std::vector<std::string> names;
  for (const Option& option : option_table()) {
    if (option.is_switch()) continue;
    for (const std::string& name : option.split_names()) {
      if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    }
  }
  return names;
}

std::vector<std::string> names_of_flags(Action action) {
  std::vector<std::string> names;
  for (const Option& option : option_table()) {
    if (!option.applies_to(action)) continue;
    for (const std::string& name : option.split_names()) names.push_back(name);
  }
  return names;
}

std::string one_sentence(const std::string& help) {
  const std::string sentence = help.substr(0, help.find(". "));
  return sentence.ends_with('.') ? sentence.substr(0, sentence.size() - 1) : sentence;
}

std::string escaped(const std::string& text, const std::string& special, const std::string& before) {
  std::string result;
  for (const char c : text) {
    if (special.find(c) != std::string::npos) result += before;
    result += c;
  }
  return result;
}

}  // namespace deepcache_gen
