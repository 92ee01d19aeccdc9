#include "support/json_object.h"

#include <algorithm>

#include "support/error.h"
#include "support/file_content.h"
#include "support/json_text.h"
#include "support/printable.h"

namespace deepcache_gen {
namespace {

// Names, and what a model can draw.
constexpr std::size_t kLongestString = 1'000;

std::string shown(const nlohmann::json& value) { return shortened(json_text(value)); }

nlohmann::json parse_file(const std::filesystem::path& file, const JsonBounds& bounds) {
  const std::string text = read_regular_file(file, JsonObject::kLargestFile);
  try {
    return parse_json<nlohmann::json>(text, bounds);
  } catch (const Error& error) {
    throw Error(file.string() + ": " + error.what() + "; export the model again");
  }
}

}  // namespace

JsonObject JsonObject::from_file(const std::filesystem::path& file, const JsonBounds& bounds) {
  nlohmann::json json = parse_file(file, bounds);
  if (!json.is_object()) throw Error(file.string() + ": is not a JSON object; export the model again");
  return JsonObject(std::move(json), file.string());
}

JsonObject::JsonObject(nlohmann::json json, std::string where) : json_(std::move(json)), where_(std::move(where)) {}

bool JsonObject::has(const std::string& field) const { return json_.contains(field) && !json_.at(field).is_null(); }

std::vector<std::string> JsonObject::field_names() const {
  std::vector<std::string> names;
  for (const auto& [name, value] : json_.items()) names.push_back(name);
  return names;
}

std::string JsonObject::string(const std::string& field) const {
  const nlohmann::json& value = at(field);
  if (!value.is_string()) fail(field, "expected a string, found " + shown(value));
  auto text = value.get<std::string>();
  if (text.size() > kLongestString) fail(field, "is longer than " + std::to_string(kLongestString) + " bytes");
  return text;
}

std::int64_t JsonObject::integer(const std::string& field) const {
  const nlohmann::json& value = at(field);
  if (!value.is_number_integer()) fail(field, "expected an integer, found " + shown(value));
  // nlohmann would wrap it around.
  if (value.is_number_unsigned() && value.get<std::uint64_t>() > INT64_MAX)
    fail(field, "is too large: " + shown(value));
  return value.get<std::int64_t>();
}

double JsonObject::number(const std::string& field) const {
  const nlohmann::json& value = at(field);
  if (!value.is_number()) fail(field, "expected a number, found " + shown(value));
  return value.get<double>();
}

bool JsonObject::boolean(const std::string& field) const {
  const nlohmann::json& value = at(field);
  if (!value.is_boolean()) fail(field, "expected true or false, found " + shown(value));
  return value.get<bool>();
}

JsonObject JsonObject::object(const std::string& field) const {
  const nlohmann::json& value = at(field);
  if (!value.is_object()) fail(field, "expected an object, found " + shown(value));
  return JsonObject(value, where_ + ": " + field);
}

std::vector<JsonObject> JsonObject::objects(const std::string& field) const {
  const nlohmann::json& value = at(field);
  if (!value.is_array()) fail(field, "expected a list of objects, found " + shown(value));
  std::vector<JsonObject> objects;
  for (const nlohmann::json& element : value) {
    const std::string name = field + "[" + std::to_string(objects.size()) + "]";
    if (!element.is_object()) fail(name, "expected an object, found " + shown(element));
    objects.emplace_back(element, where_ + ": " + name);
  }
  return objects;
}

std::vector<std::string> JsonObject::strings(const std::string& field) const {
  const nlohmann::json& value = at(field);
  const auto is_string = [](const nlohmann::json& element) { return element.is_string(); };
  if (!value.is_array() || !std::all_of(value.begin(), value.end(), is_string)) {
    fail(field, "expected a list of strings, found " + shown(value));
  }
  return value.get<std::vector<std::string>>();
}

std::vector<double> JsonObject::numbers(const std::string& field) const {
  const nlohmann::json& value = at(field);
  const auto is_number = [](const nlohmann::json& element) { return element.is_number(); };
  if (!value.is_array() || !std::all_of(value.begin(), value.end(), is_number)) {
    fail(field, "expected a list of numbers, found " + shown(value));
  }
  return value.get<std::vector<double>>();
}

std::vector<std::vector<double>> JsonObject::number_rows(const std::string& field) const {
  const nlohmann::json& value = at(field);
  if (!value.is_array()) fail(field, "expected a list of lists of numbers, found " + shown(value));
  std::vector<std::vector<double>> rows;
  for (const nlohmann::json& row : value) {
    const std::string name = field + "[" + std::to_string(rows.size()) + "]";
    rows.push_back(JsonObject({{name, row}}, where_).numbers(name));
  }
  return rows;
}

std::int64_t JsonObject::integer_between(const std::string& field, std::int64_t low, std::int64_t high) const {
  const std::int64_t value = integer(field);
  if (value < low || value > high) {
    fail(field, "is " + std::to_string(value) + ", expected " + std::to_string(low) + " to " + std::to_string(high));
  }
  return value;
}

std::string JsonObject::string_of(const std::string& field, const std::vector<std::string>& accepted) const {
  std::string value = string(field);
  if (std::find(accepted.begin(), accepted.end(), value) != accepted.end()) return value;
  std::string problem = "is '" + shortened(value) + "', expected one of:";
  for (const std::string& name : accepted) problem += " " + name;
  fail(field, problem);
}

void JsonObject::fail(const std::string& field, const std::string& problem) const {
  throw Error(where_ + ": " + shortened(field) + ": " + problem + "; export the model again with deepcache-gen export");
}

const nlohmann::json& JsonObject::at(const std::string& field) const {
  if (!json_.contains(field)) fail(field, "is missing");
  return json_.at(field);
}

}  // namespace deepcache_gen
