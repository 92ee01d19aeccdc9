#include "cli/options/config_file.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <set>
#include <sstream>
#include <string_view>

#include "cli/options/arguments.h"
#include "support/file_content.h"
#include "support/interrupted.h"
#include "support/printable.h"
#include "support/user_folder.h"

namespace deepcache_gen {
namespace {

// What a command asks for once, and what would ask for another file.
bool has_no_place(const Option& option) {
  return option.topic == "Help" || option.topic == kExportTopic || option.long_name() == "--prompt" ||
         option.long_name() == "--prompts" || option.long_name() == "--plan" || option.long_name() == "--from-image" ||
         option.long_name() == "--config" || option.long_name() == "--shard";
}

// CLI11 takes time that is quadratic in the length of a list, and memory in the depth of a section.
constexpr std::size_t kLargestConfig = std::size_t{64} << 10;
constexpr std::size_t kLongestSection = 256;

void require_short_sections(const std::filesystem::path& file, const std::string& text) {
  std::istringstream stream(text);
  for (std::string line; stream >> std::ws && std::getline(stream, line);) {
    if (line.starts_with('[') && line.size() > kLongestSection) {
      throw UsageError(file.string() + ": '" + shortened(line) + "': is a section; flags stand above all sections");
    }
  }
}

std::vector<CLI::ConfigItem> read_items(const std::filesystem::path& file) {
  std::string text = read_any_file(file, kLargestConfig);
  if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);  // some editors begin UTF-8 text with it
  require_short_sections(file, text);
  std::istringstream stream(text);
  try {
    return CLI::ConfigTOML().from_config(stream);
  } catch (const CLI::Error& problem) {
    throw UsageError(file.string() + ": " + problem.what());
  }
}

[[noreturn]] void reject_key(const std::string& where, const CLI::ConfigItem& item,
                             const std::vector<Option>& options) {
  const std::string key = item.fullname();
  if (!item.parents.empty())
    throw UsageError(where + ": " + quoted(key) + ": is in a section; flags stand above all sections, as steps = 30");
  std::vector<std::string> known;
  for (const Option& option : options) {
    if (!has_no_place(option)) known.push_back(option.long_name().substr(2));
  }
  throw UsageError(where + ": " + unknown_key_text(key, known, "keys are long flags, as steps = 30"));
}

// What the command line says counts, also where it excludes what the file says.
bool is_overridden(const Option& option, const std::vector<const Option*>& given) {
  return std::any_of(given.begin(), given.end(), [&](const Option* flag) {
    return flag->long_name() == option.long_name() || flag->excludes(option);
  });
}

// Two words, a list, and a key that stands there twice are the same to CLI11.
std::string item_text(const CLI::ConfigItem& item, const Option& option, const std::string& name) {
  if (item.inputs.size() > 1 && option.placeholder != "LIST")
    throw UsageError(name + ": has " + std::to_string(item.inputs.size()) +
                     " values; set it once, to one, in quotes where there are spaces in it");
  std::string text;
  for (const std::string& input : item.inputs) text += (text.empty() ? "" : ",") + input;
  return text;
}

// What a shell does for the command line.
std::string with_home(const std::string& text, const Option& option) {
  const char* const home = std::getenv("HOME");
  const bool is_meant = option.takes != Takes::text && text.starts_with("~/") && home != nullptr;
  return is_meant ? home + text.substr(1) : text;
}

OptionValue value_of(const CLI::ConfigItem& item, const Option& option, const std::string& name) {
  if (!option.repeatable) return {name, with_home(item_text(item, option, name), option)};
  OptionValue value{name, item.inputs.empty() ? "" : with_home(item.inputs.front(), option)};
  for (std::size_t i = 1; i < item.inputs.size(); ++i) value.further.push_back(with_home(item.inputs[i], option));
  return value;
}

void store(const Option& option, const OptionValue& value, CommandLine& line) {
  if (option.is_switch() && value.text != "true" && value.text != "false") reject(value, "expected true or false");
  if (option.is_switch() && value.text == "false") return;
  option.store(line, value);
  std::string& text = line.picture.configured.values[option.long_name()] = value.text;
  for (const std::string& further : value.further) text.append(", ").append(further);
}

bool is_about(const Error& error, const std::string& flag, const std::string& value) {
  const std::vector<std::string>& flags = error.flags();
  if (std::find(flags.begin(), flags.end(), flag) != flags.end()) return true;
  // Whoever fails with a file doesn't know which flag it is from.
  return value.find('/') != std::string::npos && std::string_view(error.what()).find(value) != std::string_view::npos;
}

using Names = std::vector<std::string>;

// " (steps and eta are set in FILE)"; nothing where the message names the file.
std::string origin_text(const Error& error, const Names& flags, const std::filesystem::path& file) {
  if (flags.empty() || std::string_view(error.what()).find(file.string()) != std::string_view::npos) return "";
  std::string keys;
  for (const std::string& flag : flags) keys.append(keys.empty() ? "" : " and ").append(flag.substr(2));
  return " (" + keys + (flags.size() == 1 ? " is" : " are") + " set in " + file.string() + ")";
}

}  // namespace

std::optional<std::filesystem::path> user_config_file() {
  const std::optional<std::filesystem::path> folder = user_folder("XDG_CONFIG_HOME", ".config");
  if (!folder) return {};
  const std::filesystem::path file = *folder / "config.toml";
  std::error_code error;
  return std::filesystem::exists(file, error) ? std::optional(file) : std::nullopt;
}

void read_config_file(const std::filesystem::path& file, const std::vector<Option>& options,
                      const std::vector<const Option*>& given, CommandLine& line) {
  const std::string where = file.string();
  line.picture.configured.file = file;
  std::set<std::string> seen;
  for (const CLI::ConfigItem& item : read_items(file)) {
    if (item.name == "++" || item.name == "--") continue;  // how CLI11 marks the ends of a section
    const std::string key = item.fullname();
    const Option* known = find_option(options, flag_of_key(key));
    if (known == nullptr) reject_key(where, item, options);
    if (has_no_place(*known)) throw UsageError(where + ": " + key + ": has no place in a configuration file");
    if (!seen.insert(known->long_name()).second) throw UsageError(where + ": " + key + ": is set twice; set it once");
    for (const std::string& rival : known->rivals) {
      if (seen.contains(rival)) throw UsageError(where + ": " + key + ": excludes " + rival.substr(2) + "; set one");
    }
    const Option* option = find_option(options, flag_of_key(key), line.action);
    // A default of pictures is none of exports, whatever flag of the exporter is called the same.
    if (option == nullptr || option->topic == kExportTopic || is_overridden(*option, given)) continue;
    const std::string name = where + ": " + key;
    store(*option, value_of(item, *option, name), line);
  }
}

std::string shown_path(const std::filesystem::path& file) {
  const char* const home = std::getenv("HOME");
  const std::string path = printable(file.string());
  const std::string start = home != nullptr && *home != '\0' ? std::string(home) + "/" : "";
  return !start.empty() && path.starts_with(start) ? "~/" + path.substr(start.size()) : path;
}

std::string with_origin(const Error& error, const ConfiguredFlags& configured) {
  Names in_file, in_picture;
  for (const auto& [flag, value] : configured.values) {
    if (is_about(error, flag, value)) in_file.push_back(flag);
  }
  for (const std::string& flag : configured.of_picture) {
    if (is_about(error, flag, "")) in_picture.push_back(flag);
  }
  return error.what() + origin_text(error, in_file, configured.file) +
         origin_text(error, in_picture, configured.picture);
}

void tell_origins(const ConfiguredFlags& configured, const std::function<void()>& work) {
  try {
    work();
  } catch (const NoMoreOutput&) {
    throw;
  } catch (const Interrupted&) {
    throw;
  } catch (const UsageError& error) {
    throw UsageError(with_origin(error, configured));
  } catch (const Error& error) {
    throw Error(with_origin(error, configured));
  }
}

}  // namespace deepcache_gen
