#include "cli/options/command_table.h"

#include <algorithm>

namespace deepcache_gen {

const std::vector<Command>& command_table() {
  static const std::vector<Command> table{
      {"compare", Action::compare, "", "show what caching changes, in pictures and in seconds", {}},
      {"bench", Action::bench, "", "measure sizes, batches and cache settings on this machine", {}},
      {"models", Action::models, "", "list the models that -m takes by name", {}},
      {"inspect", Action::inspect, "MODEL", "say what a model is and check its files", {}},
      {"completion", Action::completion, "SHELL", "print what completes the flags in a shell", {"bash", "zsh", "fish"}},
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
