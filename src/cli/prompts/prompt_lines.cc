#include "cli/prompts/prompt_lines.h"

#include <nlohmann/json.hpp>
#include <sstream>
#include <utility>

#include "cli/options/arguments.h"
#include "cli/prompts/prompt_flags.h"
#include "pipeline/recorded_request.h"
#include "support/error.h"
#include "support/json_parsing.h"
#include "support/json_text.h"
#include "support/utf8.h"

namespace deepcache_gen {
namespace {

using Json = nlohmann::ordered_json;

Json parse(const std::string& line) {
  try {
    return parse_json<Json>(line);
  } catch (const Error& error) {
    throw UsageError(std::string(error.what()) +
                     "; expected one object a line, as {\"prompt\": \"a barn\", \"seed\": 7}");
  }
}

OptionValue field_of(const std::string& key, const Json& value) {
  require_picture_key(key);
  const std::optional<OptionValue> several = is_list_of_texts(key) ? several_texts(key, value) : std::nullopt;
  if (several) return *several;
  const std::optional<std::string> text = flag_text(value);
  if (is_picture_switch(key) && !value.is_boolean())
    throw UsageError(key + " " + quoted(json_text(value)) + ": expected true or false");
  if (text && (is_picture_switch(key) || !value.is_boolean())) return {key, *text};
  throw UsageError(key + " " + quoted(json_text(value)) + ": expected a string, a number or a list of numbers");
}

struct Parts {
  std::string prompt, flags;
};

Parts divide(const std::string& line) {
  if (line.starts_with("--")) return {"", line};
  const std::size_t dashes = line.find(" --");
  if (dashes == std::string::npos) return {line, ""};
  const std::size_t end = line.find_last_not_of(" \t", dashes);
  return {line.substr(0, end + 1), line.substr(dashes + 1)};
}

void reject_short_flags(const std::string& prompt) {
  std::istringstream words(prompt);
  for (std::string word; words >> word;) {
    if (is_short_picture_flag(word)) {
      throw UsageError("'" + word + "' stands in the prompt; flags come after a long one or after ' -- '");
    }
  }
}

constexpr const char* kByteOrderMark = "\xEF\xBB\xBF";
constexpr const char* kBlanks = " \t";

std::string without_blanks(const std::string& line) {
  const std::size_t first = line.find_first_not_of(kBlanks);
  if (first == std::string::npos) return "";
  return line.substr(first, line.find_last_not_of(kBlanks) - first + 1);
}

// True where the line has a prompt, as of `read_text_line`.
bool read_json_line(const std::string& line, PictureRequest& picture) {
  const Json object = parse(line);
  if (!object.is_object()) throw UsageError("is no JSON object; expected {\"prompt\": \"...\", ...}");
  std::vector<OptionValue> fields;
  for (const auto& [key, value] : object.items()) {
    if (!value.is_null()) fields.push_back(field_of(key, value));
  }
  return read_picture_fields(fields, picture);
}

bool read_text_line(const std::string& line, PictureRequest& picture) {
  const auto [prompt, flags] = divide(line);
  reject_short_flags(prompt);
  std::vector<std::string> words = split_shell_words(flags);
  if (!words.empty() && words.front() == "--") words.erase(words.begin());
  const bool has_prompt = read_picture_flags(words, picture);
  if (prompt.empty()) return has_prompt;
  if (has_prompt) throw UsageError("--prompt: the line has a prompt already: " + quoted(prompt));
  picture.request.prompt = prompt;
  return true;
}

void read_line(const std::string& line, ListFormat format, PictureRequest& picture) {
  if (line.size() > PromptLines::kLongest) throw UsageError("the line is longer than 1 MiB");
  if (line.find('\0') != std::string::npos) throw UsageError("the line holds a NUL byte; expected UTF-8 text");
  require_utf8(line);
  const auto read = format == ListFormat::json_lines ? read_json_line : read_text_line;
  if (!read(line, picture)) throw UsageError("the prompt is missing");
}

}  // namespace

PromptLines::PromptLines(std::string name, PictureRequest defaults, std::optional<ListFormat> format)
    : name_(std::move(name)), defaults_(std::move(defaults)), format_(format) {}

std::optional<PromptLine> PromptLines::read(std::string line) {
  if (++line_number_ == 1 && line.starts_with(kByteOrderMark)) line.erase(0, 3);
  if (line.ends_with('\r')) line.pop_back();
  line = without_blanks(line);
  if (line.empty() || line.starts_with('#')) return {};
  if (!format_) format_ = line.starts_with('{') ? ListFormat::json_lines : ListFormat::text;
  PictureRequest picture = defaults_;
  picture.item = items_++;
  picture.source = name_ + ":" + std::to_string(line_number_);
  try {
    read_line(line, *format_, picture);
    return picture;
  } catch (const UsageError& error) {
    return BadLine{*picture.item, picture.source, error.what()};
  }
}

}  // namespace deepcache_gen
