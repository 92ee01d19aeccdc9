#include "cli/output/parameters_text.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "pipeline/picture_settings.h"
#include "support/json_text.h"
#include "support/version.h"

namespace deepcache_gen {
namespace {

using Field = std::pair<std::string, std::string>;

std::string number_text(double number) {
  char text[32];
  return {text, std::to_chars(text, text + sizeof text, number).ptr};
}

std::string text_of(const nlohmann::ordered_json& value) {
  if (value.is_string()) return value.get<std::string>();
  return value.is_number_float() ? number_text(value.get<double>()) : value.dump();
}

// Nothing where the picture's records don't say it.
std::optional<Field> field_of(const PictureSetting& row, const GenerationSettings& settings) {
  const std::optional<nlohmann::ordered_json> value = row.value(settings);
  if (row.infotext.empty() || !value) return {};
  return Field{row.infotext, row.infotext_value ? row.infotext_value(settings) : text_of(*value)};
}

// The settings that viewers expect in their order, then the others.
std::vector<Field> fields_of(const GenerationSettings& settings, bool expected) {
  std::vector<const PictureSetting*> rows;
  for (const PictureSetting& row : picture_settings()) {
    if (row.value && (row.infotext_place > 0) == expected) rows.push_back(&row);
  }
  std::stable_sort(rows.begin(), rows.end(), [](const PictureSetting* a, const PictureSetting* b) {
    return a->infotext_place < b->infotext_place;
  });
  std::vector<Field> fields;
  for (const PictureSetting* row : rows) {
    if (const std::optional<Field> field = field_of(*row, settings)) fields.push_back(*field);
  }
  return fields;
}

// Readers split the line at commas and colons, so a value with one of them is a JSON string.
std::string quoted_where_needed(const std::string& value) {
  if (value.find_first_of(",:\n") == std::string::npos) return value;
  return json_text(nlohmann::json(value));
}

}  // namespace

std::string parameters_text(GenerationSettings settings, const std::string& model, std::int64_t seed) {
  settings.seed = seed;
  std::vector<Field> fields = fields_of(settings, true);
  fields.emplace_back("Model", model);
  for (Field& field : fields_of(settings, false)) fields.push_back(std::move(field));
  fields.emplace_back("Version", std::string("deepcache-gen ") + kVersion);
  std::string text = settings.prompt + "\n";
  if (!settings.negative_prompt.value_or("").empty()) text += "Negative prompt: " + *settings.negative_prompt + "\n";
  for (const auto& [name, value] : fields) {
    text += (&name == &fields.front().first ? "" : ", ") + name + ": " + quoted_where_needed(value);
  }
  return text;
}

}  // namespace deepcache_gen
