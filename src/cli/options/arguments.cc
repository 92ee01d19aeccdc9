#include "cli/options/arguments.h"

#include <optional>
#include <string_view>

#include "cli/options/foreign_words.h"
#include "cli/options/option_table.h"
#include "support/closest_name.h"
#include "support/error.h"

namespace deepcache_gen {
namespace {

class Splitter {
 public:
  explicit Splitter(std::string_view text) : rest_(text) {}

  std::vector<std::string> words() {
    while (!rest_.empty()) {
      const char c = take();
      if (c == ' ' || c == '\t') {
        end_word();
      } else {
        in_word_ = true;
        add(c);
      }
    }
    end_word();
    return words_;
  }

 private:
  char take() {
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }

  void add(char c) {
    if (c == '\'' || c == '"') {
      add_quoted(c);
    } else if (c == '\\' && !rest_.empty()) {
      word_ += take();
    } else {
      word_ += c;
    }
  }

  void add_quoted(char quote) {
    while (!rest_.empty()) {
      char c = take();
      if (c == quote) return;
      const bool escapes =
          quote == '"' && c == '\\' && !rest_.empty() && (rest_.front() == '"' || rest_.front() == '\\');
      if (escapes) c = take();
      word_ += c;
    }
    throw UsageError(std::string("a quote ") + quote + " is not closed");
  }

  void end_word() {
    if (in_word_) words_.push_back(word_);
    word_.clear();
    in_word_ = false;
  }

  std::string_view rest_;
  std::string word_;
  bool in_word_ = false;  // '' is a word too
  std::vector<std::string> words_;
};

// Our name of a flag: as it is written, with hyphens for underscores, or for another program's.
std::string name_meant(const std::string& name, const std::vector<Option>& options) {
  std::string ours = flag_meant(name);
  return find_option(options, ours) ? ours : name;
}

// The value of `option` is missing where the words end or another flag follows.
void require_value(const Option& option, const std::vector<Option>& options, const std::string* next) {
  if (next != nullptr && find_option(options, *next) == nullptr) return;
  const std::string name = option.long_name();
  std::string message = name + ": its value is missing; write " + name + " " + option.placeholder;
  if (next != nullptr) message += ", or " + name + "=" + *next + " if that is the value";
  throw UsageError(message);
}

struct Word {
  std::string name;
  std::optional<std::string> value;  ///< what is in the same word: --steps=5, -W64
};

// The switches at the head of a word of short names (-qW64) go to `switches`; the rest is what counts.
Word take_apart(std::string word, const std::vector<Option>& options, std::vector<Argument>& switches) {
  if (word.starts_with("--")) {
    const std::size_t equals = word.find('=');
    if (equals == std::string::npos) return {word, {}};
    return {word.substr(0, equals), word.substr(equals + 1)};
  }
  while (word.size() > 2 && word.front() == '-') {
    const std::string name = word.substr(0, 2);
    const Option* option = find_option(options, name);
    if (option == nullptr) break;
    if (!option->is_switch()) return {name, word.substr(2)};
    switches.push_back({option, name, ""});
    word.erase(1, 1);
  }
  return {word, {}};
}

std::vector<std::string> names_of(const std::vector<Option>& options) {
  std::vector<std::string> names;
  for (const Option& option : options) {
    for (const std::string& name : option.split_names()) names.push_back(name);
  }
  return names;
}

// Others have `help` and `version` as commands.
std::string meant_by(const std::string& word, const std::vector<Option>& options) {
  if (find_option(options, "--" + word) != nullptr) return "--" + word;
  std::vector<std::string> commands;
  for (const Command& command : command_table()) commands.push_back(command.name);
  return closest_name(word, commands);
}

[[noreturn]] void reject_word(const std::string& word, const std::vector<Option>& options) {
  if (word.find(' ') != std::string::npos)
    throw UsageError("unexpected argument " + quoted(word) + "; a prompt needs its flag: -p TEXT or --prompt TEXT");
  if (const ForeignWord* const foreign = find_foreign_word(word))
    throw UsageError("unexpected argument " + quoted(word) + ": " + std::string(foreign->remark));
  const std::string closest = meant_by(word, options);
  throw UsageError(
      "unexpected argument " + quoted(word) +
      (closest.empty() ? "; text with spaces needs quotes: --prompt \"TEXT\"" : "; did you mean '" + closest + "'?"));
}

}  // namespace

std::vector<std::string> split_shell_words(const std::string& text) { return Splitter(text).words(); }

std::vector<Argument> split_arguments(const std::vector<std::string>& words, const std::vector<Option>& options) {
  std::vector<Argument> arguments;
  for (std::size_t i = 0; i < words.size(); ++i) {
    Word word = take_apart(words[i], options, arguments);
    word.name = name_meant(word.name, options);
    const Option* option = find_option(options, word.name);
    if (option == nullptr) {
      arguments.push_back({nullptr, word.name, words[i]});
    } else if (option->is_switch()) {
      if (word.value) throw UsageError(option->long_name() + ": takes no value; leave out '" + *word.value + "'");
      arguments.push_back({option, word.name, ""});
    } else {
      if (!word.value) require_value(*option, options, i + 1 < words.size() ? &words[i + 1] : nullptr);
      arguments.push_back({option, word.name, word.value ? *word.value : words[++i]});
    }
  }
  return arguments;
}

void reject_unknown(const std::string& word, const std::vector<Option>& options) {
  if (!word.starts_with("-")) reject_word(word, options);
  const std::string name = word.substr(0, word.find('='));
  if (const ForeignWord* const foreign = find_foreign_word(name); foreign && foreign->ours.empty())
    throw UsageError("unknown flag " + quoted(name) + ": " + std::string(foreign->remark));
  const std::string closest = closest_name(name, names_of(options));
  throw UsageError("unknown flag " + quoted(name) + (closest.empty() ? "; " : "; did you mean '" + closest + "'? ") +
                   "--help-all lists the flags");
}

std::string flag_of_key(const std::string& key) { return flag_meant("--" + key); }

std::string unknown_key_text(const std::string& key, const std::vector<std::string>& known,
                             const std::string& otherwise) {
  std::string text = "unknown key ";
  text.append(quoted(key));
  if (const ForeignWord* const foreign = find_foreign_word(flag_of_key(key)))
    return text.append(": ").append(foreign->remark);
  const std::string closest = closest_name(key, known);
  return closest.empty() ? text.append("; ").append(otherwise) : text.append("; did you mean '" + closest + "'?");
}

}  // namespace deepcache_gen
