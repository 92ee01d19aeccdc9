#include "cli/prompts/json_line.h"

#include <nlohmann/json.hpp>

#include "support/error.h"
#include "support/json_parsing.h"
#include "support/json_text.h"

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

std::string text_of(const std::string& key, const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number()) return value.dump();
  throw UsageError(key + " " + quoted(json_text(value)) + ": expected a string or a number");
}

}  // namespace

PictureFlags read_json_line(const std::string& line, const PictureOptions& defaults) {
  const Json object = parse(line);
  if (!object.is_object()) throw UsageError("is no JSON object; expected {\"prompt\": \"...\", ...}");
  std::vector<OptionValue> fields;
  for (const auto& [key, value] : object.items()) {
    if (!value.is_null()) fields.push_back({key, text_of(key, value)});
  }
  return read_picture_fields(fields, defaults);
}

}  // namespace deepcache_gen
