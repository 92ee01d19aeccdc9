#include "cli/output/picture_content.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "image/picture_texts.h"
#include "pipeline/picture_settings.h"
#include "support/error.h"
#include "support/json_parsing.h"
#include "support/json_text.h"
#include "support/version.h"

namespace deepcache_gen {
namespace {

using Field = std::pair<std::string, std::string>;

constexpr std::size_t kHashDigits = 10;
constexpr const char* kLongestDtype = "fp32";

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

PictureFormat format_of_file(const Picture& picture) {
  return format_named(picture.file.string()).value_or(PictureFormat::png);
}

using Json = nlohmann::ordered_json;
using UnorderedJson = nlohmann::json;  // whose objects are equal in any order

constexpr const char* kModelSettings = "model_settings";
constexpr const char* kVae = "vae";

std::string checksum_key(const std::string& part) { return part + "_sha256"; }

Json asked_for(const Picture& picture, const ModelIdentity& model) {
  Json object = identity_record(picture.settings(), picture.seed());
  object["model"] = model.name;
  return object;
}

UnorderedJson parse_or_null(const std::string& text) {
  try {
    return parse_json<UnorderedJson>(text);
  } catch (const Error&) {
    return {};
  }
}

// The value of a key that is no more there then; null where there is none.
UnorderedJson take(UnorderedJson& object, const std::string& key) {
  UnorderedJson value = object.value(key, UnorderedJson());
  object.erase(key);
  return value;
}

bool is_part(const UnorderedJson& checksum, const std::string& name, const FileInfo& part) {
  if (checksum.is_null()) return name != "unet";
  return checksum.is_string() && part.is_same_as(checksum.get<std::string>());
}

// Takes what is said of the model out of `found`, but for its name; gives the keys of what speaks against `model`.
std::vector<std::string> take_model(UnorderedJson& found, const ModelIdentity& model) {
  std::vector<std::string> keys;
  found.erase(kVae);  // its checksums say which it is
  if (!mean_one_model(take(found, kModelSettings), model.settings)) keys.emplace_back(kModelSettings);
  for (const auto& [name, part] : model.parts) {
    if (!is_part(take(found, checksum_key(name)), name, part)) keys.push_back(checksum_key(name));
  }
  return keys;
}

// What is said of a picture and is a reason to make it again.
UnorderedJson compared(UnorderedJson object) {
  for (const PictureSetting& row : picture_settings()) {
    if (!row.is_compared) object.erase(row.key);
  }
  UnorderedJson rest = UnorderedJson::object();
  for (const auto& [key, value] : object.items()) {
    if (!value.is_null()) rest[key] = value;
  }
  return rest;
}

}  // namespace

std::string parameters_text(GenerationSettings settings, const ModelIdentity& model, std::int64_t seed,
                            const std::string& dtype) {
  settings.seed = seed;
  std::vector<Field> fields = fields_of(settings, true);
  fields.emplace_back(kModelHash, model.unet().sha256.substr(0, kHashDigits));
  fields.emplace_back("Model", model.name);
  if (!model.vae.empty()) fields.emplace_back("VAE", model.vae);
  for (Field& field : fields_of(settings, false)) fields.push_back(std::move(field));
  fields.emplace_back(kDtype, dtype);
  fields.emplace_back("Version", std::string("deepcache-gen ") + kVersion);
  std::string text = settings.prompt + "\n";
  if (!settings.negative_prompt.value_or("").empty()) text += "Negative prompt: " + *settings.negative_prompt + "\n";
  for (const auto& [name, value] : fields) {
    text += (&name == &fields.front().first ? "" : ", ") + name + ": " + quoted_where_needed(value);
  }
  return text;
}

std::string picture_settings(const Picture& picture, const ModelIdentity& model) {
  Json object = asked_for(picture, model);
  if (!model.vae.empty()) object[kVae] = model.vae;
  for (const auto& [name, part] : model.parts) object[checksum_key(name)] = part.sha256;
  if (!model.settings.is_null()) object[kModelSettings] = model.settings;
  return json_text(object);
}

std::vector<std::string> differing_settings(const std::string& text, const Picture& picture,
                                            const ModelIdentity& model) {
  UnorderedJson found = parse_or_null(text);
  if (!found.is_object()) return {kSettingsKeyword};
  std::vector<std::string> keys = take_model(found, model);
  const UnorderedJson asked = asked_for(picture, model);
  if (!picture.seed_chosen) found["seed"] = asked["seed"];
  UnorderedJson expected = compared(asked);
  const UnorderedJson said = compared(std::move(found));
  for (const auto& [key, value] : said.items()) {
    if (take(expected, key) != value) keys.push_back(key);
  }
  for (const auto& [key, value] : expected.items()) keys.push_back(key);
  return keys;
}

bool are_settings_of(const std::string& text, const Picture& picture, const ModelIdentity& model) {
  return differing_settings(text, picture, model).empty();
}

Existing look_for(const Picture& picture, const ModelIdentity& model) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(picture.file, error)) return Existing::nothing;
  const std::optional<PictureTexts> texts = read_picture_texts(picture.file);
  if (!texts || texts->format != format_of_file(picture)) return Existing::different;
  for (const auto& [keyword, text] : texts->texts) {
    if (keyword == kSettingsKeyword && are_settings_of(text, picture, model)) return Existing::same;
  }
  return Existing::different;
}

void require_room_for_settings(const Picture& picture, const ModelIdentity& model) {
  if (format_of_file(picture) != PictureFormat::jpeg) return;  // the others have room for any
  try {
    require_room_for_texts(format_of_file(picture),
                           parameters_text(picture.settings(), model, picture.seed(), kLongestDtype),
                           picture_settings(picture, model));
  } catch (const Error& error) {
    throw UsageError("--output", "--output '" + picture.file.string() + "': " + error.what());
  }
}

std::vector<std::uint8_t> picture_bytes(const RunFacts& run, const Picture& picture, const GeneratedImage& image) {
  const std::string parameters = parameters_text(picture.settings(), run.model, image.seed, run.engine.dtype);
  return encode_picture(image.image, format_of_file(picture), picture.quality.value_or(kUsualQuality), parameters,
                        picture_settings(picture, run.model));
}

}  // namespace deepcache_gen
