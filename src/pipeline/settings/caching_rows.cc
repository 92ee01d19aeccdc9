#include "pipeline/picture_costs.h"
#include "pipeline/settings/setting_rows.h"
#include "pipeline/tasks/task_table.h"
#include "schedulers/step_plan.h"

namespace deepcache_gen {
namespace {

using Json = nlohmann::ordered_json;
using Request = GenerationRequest;
using Settings = GenerationSettings;

constexpr const char* kCachingTopic = "Caching (DeepCache)";

CacheDefaults defaults_of(const ModelInfo& model) {
  const RecommendedDefaults& defaults = model.defaults;
  return {defaults.interval, defaults.branch, defaults.cache_policy.value_or(""), defaults.steps};
}

// Without caching all policies and branches are the same.
CacheSpec as_made(const CacheSpec& spec) { return caches(spec) ? spec : no_caching(); }

Json cache_number(const CacheOption& option, double value) {
  if (!option.words.empty()) return Json(option.words[static_cast<std::size_t>(value)]);
  return option.is_whole ? Json(static_cast<int>(value)) : Json(value);
}

// Of another policy than those of intervals, what is not in its text only.
std::optional<Json> cache_value(const CacheOption& option, const CacheSpec& spec) {
  const auto found = spec.options.find(option.name);
  if (found == spec.options.end() || found->second == option.neutral) return {};
  if (&option == &kBranch && reuses_denoised(spec)) return {};
  const bool is_said = is_of_intervals(spec) || &option == &kBranch || option.flags == nullptr;
  return is_said ? std::optional(cache_number(option, found->second)) : std::nullopt;
}

void read_cache_option(const CacheOption& option, const OptionValue& value, Request& request) {
  if (!request.cache.policy.empty()) request.cache = {};
  double& field = request.cache.options[option.name];
  if (option.is_whole) {
    int number = 0;
    read(value, number);
    field = number;
  } else {
    read(value, field);
  }
}

// The options of the policies (caching/policy_table.h); all are resolved together, by the first.
PictureSetting cache_option(const CacheOption& option) {
  const auto value = [&option](const Settings& settings) { return cache_value(option, settings.cache); };
  PictureSetting row{
      .key = option.key,
      .value = value,
      .identity_value = [&option](const Settings& settings) { return cache_value(option, as_made(settings.cache)); },
      .is_caching = true,
      .infotext = option.infotext,
      .batch_key = [value](const Settings& settings) { return value(settings).value_or(nullptr); }};
  if (option.flags == nullptr) return row;
  row.names = option.flags;
  row.placeholder = option.placeholder;
  row.topic = kCachingTopic;
  row.help = option.help;
  row.common = option.is_common;
  row.rivals = {kCachePolicyFlag};
  row.in_compare = false;
  row.read = [&option](const OptionValue& text, Request& request) { read_cache_option(option, text, request); };
  if (option.recommended) {
    row.model_default = [&option](const ModelInfo& model) {
      return std::to_string(defaults_of(model).*option.recommended);
    };
  }
  return row;
}

// The first policy is what older pictures were made with, and of those of intervals the name is enough.
std::optional<Json> policy_value(const CacheSpec& spec) {
  if (!is_of_intervals(spec)) return cache_policy_text(spec);
  return spec.policy == policy_table().front().name ? std::nullopt : std::optional<Json>(spec.policy);
}

PictureSetting cache_policy() {
  return {.names = kCachePolicyFlag,
          .placeholder = "SPEC",
          .topic = kCachingTopic,
          .help =
              "Where full steps lie, instead of --interval: uniform:interval=3,branch=0, curve:full=10, "
              "window:first=4,every=4, centre:full=10, steps:full=0+1+3+5+8, budget:speedup=2.5, budget:seconds=8; "
              "each also with branch=K and guidance=both or held.",
          .rivals = caching_flags(),
          .in_compare = false,
          .model_default = [](const ModelInfo& model) { return model.defaults.cache_policy.value_or("uniform"); },
          .read = [](const OptionValue& value,
                     Request& request) { request.cache = read_cache_policy(value.flag, value.text); },
          .key = "cache_policy",
          .value = [](const Settings& settings) { return policy_value(settings.cache); },
          .identity_value = [](const Settings& settings) { return policy_value(as_made(settings.cache)); },
          .is_caching = true,
          .is_compared = false,  // what it came to is
          .infotext = "DeepCache policy",
          .batch_key =
              [](const Settings& settings) {
                const CacheSpec& spec = settings.cache;
                return Json{cache_policy_text(spec), spec.placed, spec.curve.calls, spec.curve.knots};
              }};
}

// What the policy came to, where intervals don't say it: the full calls, of several passes those of each.
std::optional<PlacedCalls> full_calls(const Settings& settings) {
  if (is_of_intervals(settings.cache)) return {};
  return plan_generation(settings).full_calls();
}

std::optional<Json> full_calls_value(const Settings& settings) {
  const std::optional<PlacedCalls> placed = full_calls(settings);
  if (!placed) return {};
  return placed->size() == 1 ? Json(placed->front()) : Json(*placed);
}

PictureSetting full_calls_row() {
  return {.key = kFullCallsKey,
          .value = full_calls_value,
          .is_caching = true,
          .infotext = kFullCallsInfotext,
          .infotext_value = [](const Settings& settings) {
            return placed_text(full_calls(settings).value_or(PlacedCalls()));
          }};
}

int calls_of_way(const Settings& settings) {
  return static_cast<int>(plan_steps(settings.scheduler, settings.steps).size());
}

// One half alone has no guidance to hold.
CacheRequest meant(CacheRequest asked, const Settings& settings) {
  if (!settings.guided()) asked.options.erase(kGuidance.name);
  return asked;
}

PictureSetting with_all_caching(PictureSetting first) {
  first.resolve = [](const Request& request, const ModelInfo& model, Settings& settings) {
    CacheLimits limits{settings.steps, model.max_branch(), model.name, defaults_of(model)};
    limits.calls = calls_of_way(settings);
    limits.sampler = settings.scheduler.sampler;
    limits.extrapolates = settings.scheduler.sampler == "ddim";
    limits.tuned = [&] { return request.tuning->of(model); };
    limits.costs = [&] { return picture_costs(model, request.tuning->of(model).get(), settings); };
    settings.cache = resolve_caching(meant(request.cache, settings), limits);
    if (!settings.guided()) settings.cache.options[kGuidance.name] = 0;
  };
  return first;
}

}  // namespace

std::vector<std::string> caching_flags() {
  std::vector<std::string> flags;
  for (const CacheOption* option : cache_options()) {
    if (option->flags != nullptr) flags.push_back(split(option->flags, ',').front());
  }
  return flags;
}

std::vector<PictureSetting> caching_rows() {
  std::vector<PictureSetting> rows;
  for (const CacheOption* option : cache_options()) {
    if (option->key != nullptr) rows.push_back(cache_option(*option));
  }
  rows.front() = with_all_caching(std::move(rows.front()));
  rows.push_back(cache_policy());
  rows.push_back(full_calls_row());
  return rows;
}

}  // namespace deepcache_gen
