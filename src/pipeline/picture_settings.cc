#include "pipeline/picture_settings.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "pipeline/settings/setting_rows.h"

namespace deepcache_gen {
namespace {

using Json = nlohmann::ordered_json;
using Settings = GenerationSettings;

std::vector<PictureSetting> make_table() {
  std::vector<PictureSetting> table;
  for (const auto& rows : {picture_rows(), sampling_rows(), solver_rows(), caching_rows()}) {
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

}  // namespace

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
