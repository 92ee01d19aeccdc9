#include "cli/options/command_table.h"

#include <algorithm>

namespace deepcache_gen {

const std::vector<Command>& command_table() {
  static const std::vector<Command> table{
      {"compare", Action::compare, "", "show what caching changes", {}},
      {"bench", Action::bench, "", "measure sizes and cache settings", {}},
      {"models", Action::models, "", "list models that -m knows", {}},
      {"inspect", Action::inspect, "MODEL", "say what a model is; check it", {}},
      {"completion", Action::completion, "SHELL", "print a completion script", {"bash", "zsh", "fish"}},
      {"man", Action::man, "", "print the manual page", {}},
  };
  return table;
}

const Command* find_command(const std::string& name) {
  const std::vector<Command>& table = command_table();
  const auto found = std::find_if(table.begin(), table.end(), [&](const Command& c) { return c.name == name; });
  return found == table.end() ? nullptr : &*found;
}

}  // namespace deepcache_gen
