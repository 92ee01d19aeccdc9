#include "pipeline/picture_settings.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "pipeline/settings/setting_rows.h"
#include "schedulers/scheduler_config.h"

namespace deepcache_gen {
namespace {

using Json = nlohmann::ordered_json;
using Settings = GenerationSettings;

std::vector<PictureSetting> make_table() {
  std::vector<PictureSetting> table;
  for (const auto& rows : {picture_rows(), init_picture_rows(), control_picture_rows(), size_rows(), sampling_rows(),
                           solver_rows(), curve_rows(), painting_rows(), control_rows(), hires_rows(), xl_rows(),
                           prompt_rows(), embedding_rows(), caching_rows(), refiner_rows(), vae_rows(), lora_rows()}) {
    table.insert(table.end(), rows.begin(), rows.end());
  }
  return table;
}

template <class Value>
Json record_of(const Settings& settings, std::int64_t seed, Value value_of) {
  Json record = Json::object();
  for (const PictureSetting& setting : picture_settings()) {
    if (setting.key.empty()) continue;
    if (std::optional<Json> value = value_of(setting, settings)) record[setting.key] = std::move(*value);
  }
  record["seed"] = seed;
  return record;
}

// Objects agree where those of their fields do that both have: a field is added to model.json to say what was so
// before.
bool agree(const nlohmann::json& one, const nlohmann::json& other) {
  if (one.is_null() || other.is_null()) return true;
  if (!one.is_object() || !other.is_object()) return one == other;
  return std::all_of(one.items().begin(), one.items().end(), [&](const auto& field) {
    return agree(field.value(), other.value(field.key(), nlohmann::json()));
  });
}

nlohmann::json unusual_of_scheduler(const nlohmann::json& model_settings) {
  const nlohmann::json none = nlohmann::json::object();
  const nlohmann::json scheduler = model_settings.is_object() ? model_settings.value("scheduler", none) : none;
  const nlohmann::json usual_settings = usual_scheduler_settings();
  nlohmann::json said = none;
  for (const auto& [name, usual] : usual_settings.items()) {
    const nlohmann::json value = scheduler.is_object() ? scheduler.value(name, usual) : usual;
    if (value != usual) said[name] = value;
  }
  return said;
}

}  // namespace

bool mean_one_model(const nlohmann::json& one, const nlohmann::json& other) {
  return agree(one, other) && unusual_of_scheduler(one) == unusual_of_scheduler(other);
}

std::span<const PictureSetting> picture_settings() {
  static const std::vector<PictureSetting> table = make_table();
  return table;
}

Json settings_record(const Settings& settings, std::int64_t seed) {
  return record_of(settings, seed, [](const PictureSetting& row, const Settings& s) { return row.value(s); });
}

Json uncached_settings_record(const Settings& settings, std::int64_t seed) {
  return record_of(settings, seed, [](const PictureSetting& row, const Settings& s) {
    return row.is_caching ? std::nullopt : row.value(s);
  });
}

Json identity_record(const Settings& settings, std::int64_t seed) {
  return record_of(settings, seed, [](const PictureSetting& row, const Settings& s) {
    return row.identity_value ? row.identity_value(s) : row.value(s);
  });
}

std::string settings_phrase(const Settings& settings) {
  std::string text;
  for (const PictureSetting& setting : picture_settings()) {
    const std::string phrase = setting.phrase ? setting.phrase(settings) : "";
    if (!phrase.empty()) text += (text.empty() ? "" : ", ") + phrase;
  }
  return text;
}

bool can_share_batch(const Settings& a, const Settings& b) {
  const std::span<const PictureSetting> rows = picture_settings();
  return std::all_of(rows.begin(), rows.end(),
                     [&](const PictureSetting& row) { return !row.batch_key || row.batch_key(a) == row.batch_key(b); });
}

}  // namespace deepcache_gen
