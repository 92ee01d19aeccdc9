#include "cli/prompts/prompt_flags.h"

#include <map>
#include <set>

#include "cli/options/arguments.h"
#include "cli/options/option_table.h"
#include "support/error.h"
#include "support/printable.h"

namespace deepcache_gen {
namespace {

const std::vector<Option>& options_of_one_picture() {
  static const std::vector<Option> options = [] {
    std::vector<Option> all = option_table();
    std::erase_if(all, [](const Option& option) { return !option.per_picture; });
    return all;
  }();
  return options;
}

const Option* find_by_key(const std::string& key) { return find_option(options_of_one_picture(), flag_of_key(key)); }

// Why a flag that is known to the command is not accepted for one picture.
void reject_run_flag(const std::string& name, const std::string& shown) {
  static const std::vector<Option> options = option_table();
  const Option* option = find_option(options, name);
  if (option == nullptr || option->per_picture) return;
  throw UsageError(shortened(shown) + ": is for the whole run; give it to the command, not to one prompt");
}

class Reader {
 public:
  explicit Reader(PictureRequest& picture) : picture_(picture) { line_.picture = picture; }

  // The flag of `value` is what messages call the option.
  void take(const Option& option, const OptionValue& value) {
    if (!taken_.insert(option.long_name()).second) throw UsageError(value.flag + ": given 2 times; give it once");
    for (const std::string& rival : option.rivals) {
      if (taken_.contains(rival))
        throw UsageError(rival + " and " + option.long_name() + " exclude each other; give one");
    }
    if (!value.further.empty() && !option.repeatable) throw UsageError(value.flag + ": has several values; give one");
    option.store(line_, value);
    line_.picture.configured.values.erase(option.long_name());
    line_.picture.configured.of_picture.erase(option.long_name());
  }

  bool finish() {
    picture_ = line_.picture;
    picture_.own_output = taken_.contains("--output");
    return taken_.contains("--prompt");
  }

 private:
  PictureRequest& picture_;
  CommandLine line_;
  std::set<std::string> taken_;
};

[[noreturn]] void reject_key(const std::string& key, const std::vector<Option>& options) {
  reject_run_flag(flag_of_key(key), key);
  std::vector<std::string> known;
  for (const Option& option : options) {
    for (const std::string& name : option.split_names()) {
      if (name.starts_with("--")) known.push_back(name.substr(2));
    }
  }
  throw UsageError(unknown_key_text(key, known, "keys are the long flags, such as prompt, seed, output"));
}

}  // namespace

bool read_picture_flags(const std::vector<std::string>& words, PictureRequest& picture) {
  const std::vector<Option>& options = options_of_one_picture();
  Reader reader(picture);
  for (const std::string& word : words) {
    if (word.starts_with("-") && find_option(options, word) == nullptr)
      reject_run_flag(word.substr(0, word.find('=')), word);
  }
  std::map<const Option*, OptionValue> several;
  for (const Argument& argument : split_arguments(words, options)) {
    if (argument.option == nullptr) reject_unknown(argument.text, options);
    const OptionValue value{argument.option->long_name(), argument.text};
    if (!argument.option->repeatable) {
      reader.take(*argument.option, value);
    } else if (const auto [found, is_first] = several.try_emplace(argument.option, value); !is_first) {
      found->second.further.push_back(argument.text);
    }
  }
  for (const auto& [option, value] : several) reader.take(*option, value);
  return reader.finish();
}

void require_picture_key(const std::string& key) {
  if (find_by_key(key) == nullptr) reject_key(key, options_of_one_picture());
}

bool read_picture_fields(const std::vector<OptionValue>& fields, PictureRequest& picture) {
  Reader reader(picture);
  for (const OptionValue& field : fields) {
    require_picture_key(field.flag);
    reader.take(*find_by_key(field.flag), field);
  }
  return reader.finish();
}

bool is_short_picture_flag(const std::string& word) {
  return word.size() == 2 && find_option(options_of_one_picture(), word) != nullptr;
}

bool is_list_of_texts(const std::string& key) {
  const Option* const option = find_by_key(key);
  return option != nullptr && option->repeatable;
}

bool is_picture_switch(const std::string& key) {
  const Option* const option = find_by_key(key);
  return option != nullptr && option->is_switch();
}

}  // namespace deepcache_gen
