#pragma once

#include <functional>
#include <string>
#include <vector>

#include "cli/options/command_line.h"
#include "model/model_info.h"
#include "support/option_value.h"

namespace deepcache_gen {

/// What a flag's value names, for completion in a shell.
enum class Takes { text, file, folder, model };

/// The topic of flags that the exporter takes, which mean nothing to the program itself.
inline constexpr const char* kExportTopic = "Export";

/// One flag of the command: the only place that knows its names, its help and the field it fills.
struct Option {
  std::string names;        ///< comma-separated, aliases last: "-W,--width"
  std::string placeholder;  ///< what stands for its value in the help; empty: a switch, which has no value
  std::string topic;        ///< heading in the help; see `kExportTopic`
  std::string help;         ///< one or two sentences, with unit, and default where it is the program's
  std::function<void(CommandLine&, const OptionValue&)> store;
  std::vector<Action> actions;                                 ///< with what it has a meaning
  bool common = false;                                         ///< on the short help page too
  bool per_picture = false;                                    ///< may stand on a line of a prompt list
  std::vector<std::string> choices;                            ///< the words it takes, where they can be listed
  std::function<std::string(const ModelInfo&)> model_default;  ///< where the default is the model's
  Takes takes = Takes::text;
  bool repeatable = false;            ///< may be given several times; a list in JSON and in the configuration file
  std::vector<std::string> rivals{};  ///< the long names of flags that can't stand beside it

  bool is_switch() const { return placeholder.empty(); }
  bool applies_to(Action action) const;
  /// Whether the other can't stand beside it.
  bool excludes(const Option& other) const;
  /// The separate names, as on the command line.
  std::vector<std::string> split_names() const;
  /// The name that messages use: the first long one.
  std::string long_name() const;
};

/// Every flag, in the order of the help page. A name may stand in several rows, for different actions.
std::vector<Option> option_table();

/// The flag called `name` that has a meaning with `action`; null where there is none.
const Option* find_option(const std::vector<Option>& options, const std::string& name, Action action);
/// The first flag called `name`, whatever it is for; null where there is none.
const Option* find_option(const std::vector<Option>& options, const std::string& name);

/// A word after the program's name that says what it is to do; without one it makes pictures.
struct Command {
  std::string name;
  Action action;
  std::string argument;              ///< placeholder of the one argument it takes; empty: none
  std::string help;                  ///< half a sentence for the help page
  std::vector<std::string> choices;  ///< what the argument may be; empty: anything
  Takes takes = Takes::model;        ///< what it names, where it is anything
  std::string further{};             ///< placeholder of a second argument, which may be left out; empty: none

  /// The command as it is typed: `export SOURCE [NAME]`.
  std::string usage() const;
};

/// Every command, in the order of the help page.
const std::vector<Command>& command_table();

/// The command of that name, or null.
const Command* find_command(const std::string& name);

}  // namespace deepcache_gen
