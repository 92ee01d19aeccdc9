#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "caching/cache_spec.h"
#include "cli/options/command_line.h"
#include "cli/options/option_table.h"
#include "support/option_value.h"

namespace deepcache_gen {

// What the rows of the table are written with.
using Store = std::function<void(CommandLine&, const OptionValue&)>;
using Actions = std::vector<Action>;

// With what an option has a meaning.
inline const Actions kMaking{Action::generate, Action::plan};
inline const Actions kDrawing{Action::generate, Action::plan, Action::compare};
inline const Actions kSampling{Action::generate, Action::plan, Action::compare, Action::bench, Action::tune};
inline const Actions kAll{Action::generate, Action::plan,         Action::compare, Action::bench,
                          Action::tune,     Action::export_model, Action::models,  Action::inspect,
                          Action::samplers, Action::completion,   Action::man,     Action::version};

/// How a value gets into a field of the command line.
template <class Field>
Store to(Field CommandLine::*field) {
  return [field](CommandLine& line, const OptionValue& value) { read(value, line.*field); };
}

template <class Part, class Field>
Store to(Part CommandLine::*part, Field Part::*field) {
  return [part, field](CommandLine& line, const OptionValue& value) { read(value, line.*part.*field); };
}

/// "7.5", as people write a number.
std::string text_of(double number);

/// A row that is being written.
class Row {
 public:
  explicit Row(Option& option) : option_(option) {}

  Row& common(bool value = true) { return set(option_.common, value); }
  Row& per_picture() { return set(option_.per_picture, true); }
  Row& of_model(std::function<std::string(const ModelInfo&)> value) {
    return set(option_.model_default, std::move(value));
  }
  Row& takes(Takes what) { return set(option_.takes, what); }
  Row& repeatable(bool value) { return set(option_.repeatable, value); }
  Row& one_of(std::vector<std::string> words) { return set(option_.choices, std::move(words)); }
  Row& not_with(std::string rival) { return set(option_.rivals, {std::move(rival)}); }
  Row& not_with(std::vector<std::string> rivals) { return set(option_.rivals, std::move(rivals)); }
  Row& only_for(Actions actions) { return set(option_.actions, std::move(actions)); }
  Row& also_for(const Actions& actions) {
    option_.actions.insert(option_.actions.end(), actions.begin(), actions.end());
    return *this;
  }

 private:
  template <class Field>
  Row& set(Field& field, Field value) {
    field = std::move(value);
    return *this;
  }

  Option& option_;
};

/// The flags of one topic, all for the same actions unless a row says otherwise.
class Topic {
 public:
  Topic(std::vector<Option>& table, std::string name, Actions actions)
      : table_(table), name_(std::move(name)), actions_(std::move(actions)) {}

  Row add(const std::string& names, const std::string& placeholder, const std::string& help, Store store) {
    return Row(table_.emplace_back(Option{names, placeholder, name_, help, std::move(store), actions_}));
  }

 private:
  std::vector<Option>& table_;
  std::string name_;
  Actions actions_;
};

/// The rows of the table, by what they are about.
void add_picture_options(std::vector<Option>& table);
void add_measuring_options(std::vector<Option>& table);
void add_run_options(std::vector<Option>& table);  // with those of `export` before those of the help
void add_export_options(std::vector<Option>& table);

// What only the command line reads.

/// A list of names such as euler,ddim.
void read(const OptionValue& value, std::vector<std::string>& field);
/// A list such as original,3/0,5/1: interval and branch.
void read(const OptionValue& value, std::vector<CacheSpec>& field);
/// A list such as 0,1 or cuda:0,cuda:1 or cpu,cpu.
void read(const OptionValue& value, DeviceList& field);
/// 2/5 is the second of five.
void read(const OptionValue& value, Shard& field);

}  // namespace deepcache_gen
