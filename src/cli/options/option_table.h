#pragma once

#include <functional>
#include <string>
#include <vector>

#include "cli/options/command_line.h"
#include "cli/options/option_value.h"

namespace deepcache_gen {

/// One flag of the command: the only place that knows its names, its help and the field it fills.
struct Option {
  std::string names;        ///< comma-separated, aliases last: "-W,--width"
  std::string placeholder;  ///< what stands for its value in the help; empty: a switch, which has no value
  std::string topic;        ///< heading in the help
  std::string help;         ///< one or two sentences, with unit and default
  std::function<void(CommandLine&, const OptionValue&)> store;
  bool for_inspect = false;  ///< has a meaning with `inspect` too

  bool is_switch() const { return placeholder.empty(); }
  /// The separate names, as on the command line.
  std::vector<std::string> split_names() const;
  /// The name that messages use: the first long one.
  std::string long_name() const;
};

/// Every flag, in the order of the help page.
std::vector<Option> option_table();

}  // namespace deepcache_gen
