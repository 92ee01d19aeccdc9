#include "cli/options/config_file.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include "support/closest_name.h"
#include "support/error.h"

namespace deepcache_gen {
namespace {

// What a command asks for once, and what would ask for another file.
bool has_no_place(const Option& option) {
  return option.topic == "Help" || option.long_name() == "--prompt" || option.long_name() == "--prompts" ||
         option.long_name() == "--plan" || option.long_name() == "--config" || option.long_name() == "--shard";
}

std::vector<CLI::ConfigItem> read_items(const std::filesystem::path& file) {
  std::error_code error;
  if (std::filesystem::is_directory(file, error)) throw Error(file.string() + ": cannot be read: Is a directory");
  errno = 0;
  std::ifstream stream(file);
  if (!stream) throw Error(file.string() + ": cannot be read: " + std::strerror(errno));
  try {
    return CLI::ConfigTOML().from_config(stream);
  } catch (const CLI::Error& problem) {
    throw UsageError(file.string() + ": " + problem.what());
  }
}

[[noreturn]] void reject_key(const std::string& where, const std::string& key, const std::vector<Option>& options) {
  std::vector<std::string> known;
  for (const Option& option : options) {
    if (!has_no_place(option)) known.push_back(option.long_name().substr(2));
  }
  const std::string closest = closest_name(key, known);
  throw UsageError(where + ": unknown key " + quoted(key) +
                   (closest.empty() ? "; keys are long flags, as steps = 30" : "; did you mean '" + closest + "'?"));
}

bool is_false(const std::string& text) { return text == "false"; }

void store(const Option& option, const std::string& where, const CLI::ConfigItem& item, CommandLine& line) {
  std::string text;
  for (const std::string& input : item.inputs) text += (text.empty() ? "" : ",") + input;
  const OptionValue value{where + ": " + item.name, text};
  if (!option.is_switch()) return option.store(line, value);
  if (text != "true" && !is_false(text)) reject(value, "expected true or false");
  if (!is_false(text)) option.store(line, value);
}

}  // namespace

std::optional<std::filesystem::path> user_config_file() {
  const char* const xdg = std::getenv("XDG_CONFIG_HOME");
  const char* const home = std::getenv("HOME");
  std::filesystem::path folder;
  if (xdg != nullptr && *xdg == '/') {
    folder = xdg;
  } else if (home != nullptr && *home != '\0') {
    folder = std::filesystem::path(home) / ".config";
  } else {
    return {};
  }
  const std::filesystem::path file = folder / "deepcache-gen" / "config.toml";
  std::error_code error;
  return std::filesystem::exists(file, error) ? std::optional(file) : std::nullopt;
}

void read_config_file(const std::filesystem::path& file, const std::vector<Option>& options,
                      const std::vector<const Option*>& given, CommandLine& line) {
  const std::string where = file.string();
  for (const CLI::ConfigItem& item : read_items(file)) {
    if (item.name == "++" || item.name == "--") continue;  // how CLI11 marks the ends of a section
    const std::string key = item.fullname();
    const Option* known = find_option(options, "--" + key);
    if (known == nullptr) reject_key(where, key, options);
    if (has_no_place(*known)) throw UsageError(where + ": " + key + ": has no place in a configuration file");
    const Option* option = find_option(options, "--" + key, line.action);
    const bool is_given = std::any_of(given.begin(), given.end(),
                                      [&](const Option* g) { return option && g->long_name() == option->long_name(); });
    if (option != nullptr && !is_given) store(*option, where, item, line);
  }
}

}  // namespace deepcache_gen
