#pragma once

#include <string>
#include <vector>

#include "cli/options/command_line.h"

namespace deepcache_gen {

/// A word after the program's name that says what it is to do; without one it makes pictures.
struct Command {
  std::string name;
  Action action;
  std::string argument;              ///< placeholder of the one argument it takes; empty: none
  std::string help;                  ///< half a sentence for the help page
  std::vector<std::string> choices;  ///< what the argument may be; empty: anything
};

/// Every command, in the order of the help page.
const std::vector<Command>& command_table();

/// The command of that name, or null.
const Command* find_command(const std::string& name);

}  // namespace deepcache_gen
