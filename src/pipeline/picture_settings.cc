#include "pipeline/picture_settings.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <sstream>

#include "support/error.h"
#include "support/number_text.h"
#include "text/utf8.h"

namespace deepcache_gen {
namespace {

using Json = nlohmann::ordered_json;
using Request = GenerationRequest;
using Settings = GenerationSettings;

constexpr int kLargestSide = 8192;
constexpr int kMostSteps = 1000;
constexpr int kMostImages = 100000;

template <class Field>
auto into(Field Request::*field) {
  return [field](const OptionValue& value, Request& request) { read(value, request.*field); };
}

template <class Field>
auto said(Field Settings::*field) {
  return [field](const Settings& settings) { return std::optional<Json>(settings.*field); };
}

template <class Field>
auto equal(Field Settings::*field) {
  return [field](const Settings& settings) { return Json(settings.*field); };
}

int checked_side(const std::string& flag, int value, int vae_scale) {
  checked_whole(flag, value, vae_scale, kLargestSide, " pixels");
  if (value % vae_scale == 0) return value;
  const int below = value - value % vae_scale;
  throw UsageError(flag, flag + " " + std::to_string(value) + ": must be divisible by " + std::to_string(vae_scale) +
                             "; the nearest are " + std::to_string(below) + " and " +
                             std::to_string(below + vae_scale));
}

double checked_guidance(double scale) {
  if (std::isfinite(scale) && scale >= 0) return scale;
  throw UsageError("--cfg-scale", "--cfg-scale " + number_text("%g", scale) +
                                      ": expected a finite number of 0 or more (1 and below: no guidance)");
}

std::int64_t checked_seed(std::int64_t seed, int image_count) {
  if (seed >= 0 && seed <= std::numeric_limits<std::int64_t>::max() - image_count) return seed;
  throw UsageError("--seed",
                   "--seed " + std::to_string(seed) + ": expected 0 to 9223372036854775807, less the number of images");
}

std::string size_text(const Settings& settings) {
  return std::to_string(settings.width) + "x" + std::to_string(settings.height);
}

PictureSetting prompt() {
  return {.names = "-p,--prompt",
          .placeholder = "TEXT",
          .topic = "Picture",
          .help = "What the picture shows.",
          .common = true,
          .read = into(&Request::prompt),
          .resolve =
              [](const Request& request, const ModelInfo&, Settings& settings) {
                require_utf8(request.prompt);
                settings.prompt = request.prompt;
              },
          .key = "prompt",
          .value = said(&Settings::prompt),
          .label = "prompt"};
}

PictureSetting negative_prompt() {
  return {.names = "-n,--negative-prompt",
          .placeholder = "TEXT",
          .topic = "Picture",
          .help = "What the picture should not show. Default: none.",
          .common = true,
          .read = into(&Request::negative_prompt),
          .resolve =
              [](const Request& request, const ModelInfo&, Settings& settings) {
                require_utf8(request.negative_prompt.value_or(""));
                settings.negative_prompt = request.negative_prompt;
              },
          .key = "negative_prompt",
          .value =
              [](const Settings& settings) {
                return std::optional(settings.negative_prompt ? Json(*settings.negative_prompt) : Json(nullptr));
              },
          .label = "negative prompt",
          .shown = [](const Settings& settings) { return settings.negative_prompt.value_or("none"); }};
}

PictureSetting seed() {
  return {.names = "-s,--seed",
          .placeholder = "N",
          .topic = "Picture",
          .help = "Seed of the first image; image k has seed N + k. Default, and when negative: random.",
          .common = true,
          .read =
              [](const OptionValue& value, Request& request) {
                read(value, request.seed);
                if (*request.seed < 0) request.seed.reset();
              },
          .resolve =
              [](const Request& request, const ModelInfo&, Settings& settings) {
                settings.seed = checked_seed(request.seed.value_or(0), request.image_count);
              },
          .key = "seed",
          .value = said(&Settings::seed),
          .infotext = "Seed",
          .infotext_place = 5,
          .label = "seed"};
}

PictureSetting batch_count() {
  return {.names = "-b,--batch-count",
          .placeholder = "N",
          .topic = "Picture",
          .help = "Images to make. Default: 1.",
          .common = true,
          .in_compare = false,
          .read = into(&Request::image_count),
          .resolve = [](const Request& request, const ModelInfo&, Settings& settings) {
            settings.image_count = checked_whole("--batch-count", request.image_count, 1, kMostImages);
          }};
}

PictureSetting width() {
  return {.names = "-W,--width",
          .placeholder = "PIXELS",
          .topic = "Picture",
          .help = "Divisible by 8.",
          .common = true,
          .model_default = [](const ModelInfo& model) { return std::to_string(model.default_width); },
          .read = into(&Request::width),
          .resolve =
              [](const Request& request, const ModelInfo& model, Settings& settings) {
                settings.width = checked_side("--width", request.width.value_or(model.default_width), model.vae_scale);
              },
          .key = "width",
          .value = said(&Settings::width),
          .infotext = "Size",
          .infotext_place = 6,
          .infotext_value = size_text,
          .label = "size",
          .shown = size_text,
          .phrase = size_text,
          .batch_key = equal(&Settings::width)};
}

PictureSetting height() {
  return {.names = "-H,--height",
          .placeholder = "PIXELS",
          .topic = "Picture",
          .help = "Divisible by 8.",
          .common = true,
          .model_default = [](const ModelInfo& model) { return std::to_string(model.default_height); },
          .read = into(&Request::height),
          .resolve =
              [](const Request& request, const ModelInfo& model, Settings& settings) {
                settings.height =
                    checked_side("--height", request.height.value_or(model.default_height), model.vae_scale);
              },
          .key = "height",
          .value = said(&Settings::height),
          .batch_key = equal(&Settings::height)};
}

PictureSetting steps() {
  return {.names = "--steps",
          .placeholder = "N",
          .topic = "Sampling",
          .help = "Denoising steps.",
          .common = true,
          .in_bench = true,
          .model_default = [](const ModelInfo& model) { return std::to_string(model.defaults.steps); },
          .read = into(&Request::steps),
          .resolve =
              [](const Request& request, const ModelInfo& model, Settings& settings) {
                settings.steps = checked_whole("--steps", request.steps.value_or(model.defaults.steps), 1, kMostSteps);
              },
          .key = "steps",
          .value = said(&Settings::steps),
          .infotext = "Steps",
          .infotext_place = 1,
          .label = "steps",
          .phrase =
              [](const Settings& settings) {
                return std::to_string(settings.steps) + (settings.steps == 1 ? " step of " : " steps of ") +
                       settings.scheduler.sampler + " (" + settings.scheduler.sigma_schedule + ")";
              },
          .batch_key = equal(&Settings::steps)};
}

PictureSetting guidance_scale() {
  return {.names = "--cfg-scale,--guidance-scale",
          .placeholder = "X",
          .topic = "Sampling",
          .help = "How strictly to follow the prompt; 1 and below turn guidance off.",
          .common = true,
          .in_bench = true,
          .model_default = [](const ModelInfo& model) { return number_text("%g", model.defaults.guidance_scale); },
          .read = into(&Request::guidance_scale),
          .resolve =
              [](const Request& request, const ModelInfo& model, Settings& settings) {
                settings.guidance_scale =
                    checked_guidance(request.guidance_scale.value_or(model.defaults.guidance_scale));
              },
          .key = "guidance_scale",
          .value = said(&Settings::guidance_scale),
          .infotext = "CFG scale",
          .infotext_place = 4,
          .label = "guidance",
          .shown = [](const Settings& settings) { return number_text("%g", settings.guidance_scale); },
          .phrase = [](const Settings& settings) { return "guidance " + number_text("%g", settings.guidance_scale); },
          .batch_key = [](const Settings& settings) { return Json(settings.guided()); }};
}

// AUTOMATIC1111's names for what is the same there; other names are written as they are.
std::string translated(const std::string& name) {
  static const std::map<std::string, std::string> names{
      {"pndm", "PLMS"},        {"ddim", "DDIM"},        {"euler", "Euler"},   {"euler_a", "Euler a"},
      {"dpm++2m", "DPM++ 2M"}, {"discrete", "Uniform"}, {"karras", "Karras"},
  };
  const auto found = names.find(name);
  return found == names.end() ? name : found->second;
}

// Both are resolved together: which schedules there are hangs on the sampler.
PictureSetting sampler() {
  const auto value = [](const Settings& settings) { return settings.scheduler.sampler; };
  return {.names = "--sampling-method,--sampler",
          .placeholder = "NAME",
          .topic = "Sampling",
          .help = "pndm, ddim, euler, euler_a or dpm++2m.",
          .common = true,
          .in_bench = true,
          .choices = {"pndm", "ddim", "euler", "euler_a", "dpm++2m"},
          .model_default =
              [](const ModelInfo& model) { return model.defaults.sampler.value_or(model.scheduler.string("sampler")); },
          .read = into(&Request::sampler),
          .key = "sampler",
          .value = value,
          .infotext = "Sampler",
          .infotext_place = 2,
          .infotext_value = [](const Settings& settings) { return translated(settings.scheduler.sampler); },
          .label = "sampler",
          .batch_key = value};
}

PictureSetting sigma_schedule() {
  const auto value = [](const Settings& settings) { return settings.scheduler.sigma_schedule; };
  return {.names = "--scheduler",
          .placeholder = "NAME",
          .topic = "Sampling",
          .help = "Sigma schedule: discrete or karras.",
          .in_bench = true,
          .choices = {"discrete", "karras"},
          .model_default = [](const ModelInfo& model) { return model.scheduler.string("sigma_schedule"); },
          .read = into(&Request::sigma_schedule),
          .key = "scheduler",
          .value = value,
          .infotext = "Schedule type",
          .infotext_place = 3,
          .infotext_value = [](const Settings& settings) { return translated(settings.scheduler.sigma_schedule); },
          .label = "sigma schedule",
          .batch_key = value};
}

CacheLimits limits_of(const ModelInfo& model, int steps) {
  return {steps, model.max_branch(), model.name, model.defaults.interval, model.defaults.branch};
}

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
    const std::optional<double> recommended = option.recommended(limits_of(model, model.defaults.steps));
    return recommended ? number_text("%g", *recommended) : "";
  };
  return {.names = option.flags,
          .placeholder = option.placeholder,
          .topic = "Caching (DeepCache)",
          .help = option.help,
          .common = option.is_common,
          .in_compare = false,
          .model_default = option.recommended ? model_default : std::function<std::string(const ModelInfo&)>(),
          .read = [&option](const OptionValue& text, Request& request) { read_cache_option(option, text, request); },
          .key = option.key,
          .value = value,
          // Without caching all policies and branches are the same.
          .identity_value =
              [&option](const Settings& settings) {
                return cache_value(option, caches(settings.cache) ? settings.cache : no_caching());
              },
          .is_caching = true,
          .infotext = option.infotext,
          .batch_key = [value](const Settings& settings) { return value(settings).value_or(nullptr); }};
}

// The first policy is what older pictures were made with.
PictureSetting cache_policy() {
  return {.key = "cache_policy",
          .value =
              [](const Settings& settings) {
                const bool is_first = settings.cache.policy == policy_table().front().name;
                return is_first ? std::nullopt : std::optional<Json>(settings.cache.policy);
              },
          .identity_value =
              [](const Settings& settings) {
                const bool is_first = settings.cache.policy == policy_table().front().name || !caches(settings.cache);
                return is_first ? std::nullopt : std::optional<Json>(settings.cache.policy);
              },
          .is_caching = true,
          .infotext = "DeepCache policy",
          .batch_key = [](const Settings& settings) { return Json(settings.cache.policy); }};
}

PictureSetting with_all_caching(PictureSetting first) {
  first.resolve = [](const Request& request, const ModelInfo& model, Settings& settings) {
    settings.cache = resolve_caching(request.cache, limits_of(model, settings.steps));
  };
  return first;
}

std::vector<PictureSetting> make_table() {
  std::vector<PictureSetting> table{prompt(), negative_prompt(), seed(),           batch_count(), width(),
                                    height(), steps(),           guidance_scale(), sampler(),     sigma_schedule()};
  for (const CacheOption* option : cache_options()) {
    const bool is_first = !table.back().is_caching;
    table.push_back(is_first ? with_all_caching(cache_option(*option)) : cache_option(*option));
  }
  table.push_back(cache_policy());
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
