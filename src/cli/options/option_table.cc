#include "cli/options/option_table.h"

#include <algorithm>
#include <sstream>

#include "cli/options/option_rows.h"

namespace deepcache_gen {
namespace {

bool is_called(const Option& option, const std::string& name) {
  const std::vector<std::string> names = option.split_names();
  return std::find(names.begin(), names.end(), name) != names.end();
}

template <class Accept>
const Option* find_first(const std::vector<Option>& options, Accept accept) {
  const auto found = std::find_if(options.begin(), options.end(), accept);
  return found == options.end() ? nullptr : &*found;
}

}  // namespace

bool Option::applies_to(Action action) const {
  return std::find(actions.begin(), actions.end(), action) != actions.end();
}

std::vector<std::string> Option::split_names() const {
  std::vector<std::string> split;
  std::istringstream stream(names);
  for (std::string name; std::getline(stream, name, ',');) split.push_back(name);
  return split;
}

std::string Option::long_name() const {
  const std::vector<std::string> all = split_names();
  return *std::find_if(all.begin(), all.end(), [](const std::string& name) { return name.starts_with("--"); });
}

bool Option::excludes(const Option& other) const {
  return std::find(rivals.begin(), rivals.end(), other.long_name()) != rivals.end();
}

std::string Command::usage() const {
  std::string text = name;
  if (!argument.empty()) text.append(" ").append(argument);
  if (!further.empty()) text.append(" [").append(further).append("]");
  return text;
}

std::vector<Option> option_table() {
  std::vector<Option> table;
  add_picture_options(table);
  add_measuring_options(table);
  add_run_options(table);
  return table;
}

const Option* find_option(const std::vector<Option>& options, const std::string& name, Action action) {
  return find_first(options, [&](const Option& o) { return o.applies_to(action) && is_called(o, name); });
}

const Option* find_option(const std::vector<Option>& options, const std::string& name) {
  return find_first(options, [&](const Option& o) { return is_called(o, name); });
}

const std::vector<Command>& command_table() {
  static const std::vector<Command> table{
      {"compare", Action::compare, "", "show what caching changes", {}},
      {"bench", Action::bench, "", "measure sizes and cache settings", {}},
      {"tune", Action::tune, "", "find a model's best cache settings", {}},
      {"export", Action::export_model, "SOURCE", "make a model of a checkpoint", {}, Takes::file, "NAME"},
      {"models", Action::models, "", "list models that -m knows", {}},
      {"inspect", Action::inspect, "MODEL", "tell of a model or file; check it", {}},
      {"samplers", Action::samplers, "", "list samplers and sigma schedules", {}},
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
