#include "pipeline/settings/setting_rows.h"
#include "support/number_text.h"

namespace deepcache_gen {
namespace {

using Json = nlohmann::ordered_json;
using Request = GenerationRequest;
using Settings = GenerationSettings;

CacheDefaults defaults_of(const ModelInfo& model) { return {model.defaults.interval, model.defaults.branch}; }

// Without caching all policies and branches are the same.
CacheSpec as_made(const CacheSpec& spec) { return caches(spec) ? spec : no_caching(); }

Json cache_number(const CacheOption& option, double value) {
  return option.is_whole ? Json(static_cast<int>(value)) : Json(value);
}

std::optional<Json> cache_value(const CacheOption& option, const CacheSpec& spec) {
  const auto found = spec.options.find(option.name);
  if (found == spec.options.end() || found->second == option.neutral) return {};
  return cache_number(option, found->second);
}

void read_cache_option(const CacheOption& option, const OptionValue& value, Request& request) {
  if (option.is_whole) {
    int number = 0;
    read(value, number);
    request.cache[option.name] = number;
  } else {
    read(value, request.cache[option.name]);
  }
}

// The options of the policies (caching/policy_table.h); all are resolved together, by the first.
PictureSetting cache_option(const CacheOption& option) {
  const auto value = [&option](const Settings& settings) { return cache_value(option, settings.cache); };
  const auto model_default = [&option](const ModelInfo& model) {
    return std::to_string(defaults_of(model).*option.recommended);
  };
  return {
      .names = option.flags,
      .placeholder = option.placeholder,
      .topic = "Caching (DeepCache)",
      .help = option.help,
      .common = option.is_common,
      .in_compare = false,
      .model_default = option.recommended ? model_default : std::function<std::string(const ModelInfo&)>(),
      .read = [&option](const OptionValue& text, Request& request) { read_cache_option(option, text, request); },
      .key = option.key,
      .value = value,
      .identity_value = [&option](const Settings& settings) { return cache_value(option, as_made(settings.cache)); },
      .is_caching = true,
      .infotext = option.infotext,
      .batch_key = [value](const Settings& settings) { return value(settings).value_or(nullptr); }};
}

// The first policy is what older pictures were made with.
std::optional<Json> policy_value(const CacheSpec& spec) {
  return spec.policy == policy_table().front().name ? std::nullopt : std::optional<Json>(spec.policy);
}

PictureSetting cache_policy() {
  return {.key = "cache_policy",
          .value = [](const Settings& settings) { return policy_value(settings.cache); },
          .identity_value = [](const Settings& settings) { return policy_value(as_made(settings.cache)); },
          .is_caching = true,
          .infotext = "DeepCache policy",
          .batch_key = [](const Settings& settings) { return Json(settings.cache.policy); }};
}

PictureSetting with_all_caching(PictureSetting first) {
  first.resolve = [](const Request& request, const ModelInfo& model, Settings& settings) {
    const CacheLimits limits{settings.steps, model.max_branch(), model.name, defaults_of(model)};
    settings.cache = resolve_caching(request.cache, limits);
  };
  return first;
}

}  // namespace

std::vector<PictureSetting> caching_rows() {
  std::vector<PictureSetting> rows;
  for (const CacheOption* option : cache_options()) rows.push_back(cache_option(*option));
  rows.front() = with_all_caching(std::move(rows.front()));
  rows.push_back(cache_policy());
  return rows;
}

}  // namespace deepcache_gen
