#include "caching/policy_table.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "support/error.h"

namespace deepcache_gen {

// The rows, each in the file of its name.
PolicyRow uniform_policy();
PolicyRow range_policy();
PolicyRow window_policy();
PolicyRow curve_policy();
PolicyRow centre_policy();
PolicyRow steps_policy();
PolicyRow budget_policy();

namespace {

bool has_option(const PolicyRow& row, const std::string& name) {
  return std::any_of(row.options.begin(), row.options.end(), [&](const CacheOption* o) { return o->name == name; });
}

bool has_all(const PolicyRow& row, const CacheRequest& asked) {
  return std::all_of(asked.options.begin(), asked.options.end(),
                     [&](const auto& given) { return has_option(row, given.first); });
}

const PolicyRow& meant_by(const CacheRequest& asked) {
  if (!asked.policy.empty()) return row_of({asked.policy, {}});
  for (const PolicyRow& row : policy_table()) {
    if (has_all(row, asked)) return row;
  }
  std::vector<std::string> flags;
  std::string text;
  for (const CacheOption* option : cache_options()) {
    if (!asked.options.contains(option->name)) continue;
    flags.push_back(name_of(*option, asked));
    text += (text.empty() ? "" : ", ") + flags.back();
  }
  UsageError error("no cache policy has all of " + text + "; leave some out");
  for (const std::string& flag : flags) error.add_flag(flag);
  throw error;
}

std::vector<int> full_calls(const CacheSpec& spec, const PassCalls& pass) {
  if (spec.placed.empty()) return row_of(spec).full_calls(spec, pass);
  return spec.placed[std::min(static_cast<std::size_t>(pass.number), spec.placed.size() - 1)];
}

CacheSpec resolve_asked(const CacheRequest& asked, const CacheLimits& limits) {
  const PolicyRow& row = meant_by(asked);
  CacheSpec spec{row.name, {}, asked.placed};
  for (const CacheOption* option : row.options) {
    const auto given = asked.options.find(option->name);
    const std::optional<double> value = given == asked.options.end() ? std::nullopt : std::optional(given->second);
    spec.options[option->name] = option->resolve(value, asked, limits);
  }
  if (row.complete) row.complete(spec, asked, limits);
  return row.plainer ? row.plainer(spec).value_or(spec) : spec;
}

// What a model recommends fits any request for pictures: its numbers give way.
CacheRequest recommended(const CacheLimits& limits) {
  CacheRequest request = read_cache_policy("model.json: defaults.cache_policy", limits.defaults.policy);
  if (!limits.extrapolates) request.options.erase(kExtrapolation.name);
  const auto interval = request.options.find(kInterval.name);
  if (interval != request.options.end()) interval->second = std::min<double>(interval->second, limits.steps);
  const auto full = request.options.find(kFullCalls.name);
  if (full != request.options.end() && limits.defaults.steps > 0) {
    constexpr double kFewest = 6;  // with less of them no placement is near to the picture without caching
    const double scaled = std::round(full->second * limits.calls / limits.defaults.steps);
    full->second = std::min(std::max(scaled, std::min(kFewest, full->second)), static_cast<double>(limits.calls));
  }
  return request;
}

CacheSpec resolve_recommended(const CacheLimits& limits) {
  try {
    return resolve_asked(recommended(limits), limits);
  } catch (const UsageError& error) {
    throw Error("model " + limits.model + ": " + error.what());
  }
}

bool is_about_intervals(const PolicyRow& row) { return has_option(row, kInterval.name); }

}  // namespace

std::span<const PolicyRow> policy_table() {
  static const std::array rows{
      uniform_policy(), range_policy(), window_policy(), curve_policy(),
      centre_policy(),  steps_policy(), budget_policy(),
  };
  return rows;
}

const PolicyRow& row_of(const CacheSpec& spec) {
  const std::span<const PolicyRow> rows = policy_table();
  return *std::find_if(rows.begin(), rows.end(), [&](const PolicyRow& row) { return row.name == spec.policy; });
}

std::vector<const CacheOption*> cache_options() {
  std::vector<const CacheOption*> options;
  for (const PolicyRow& row : policy_table()) {
    for (const CacheOption* option : row.options) {
      if (std::find(options.begin(), options.end(), option) == options.end()) options.push_back(option);
    }
  }
  return options;
}

CacheSpec resolve_caching(const CacheRequest& asked, const CacheLimits& limits) {
  try {
    const bool is_recommended = asked.empty() && !limits.defaults.policy.empty();
    const CacheSpec spec = is_recommended ? resolve_recommended(limits) : resolve_asked(asked, limits);
    if (is_about_intervals(row_of(spec))) return spec;
    const std::vector<Choice> choices = choose_calls(spec, {limits.calls, 0, 0, limits.calls});
    const bool is_full =
        std::all_of(choices.begin(), choices.end(), [](const Choice& choice) { return choice.kind == StepKind::full; });
    const bool is_for_any_pass = spec.curve.calls > 0 && spec.placed.empty();
    return is_full && is_for_any_pass ? no_caching() : spec;
  } catch (UsageError& error) {
    if (!asked.policy.empty()) error.add_flag("--cache-policy");
    throw;
  }
}

std::vector<Choice> choose_calls(const CacheSpec& spec, const PassCalls& pass) {
  const Choice cached{StepKind::cached, spec.whole(kBranch.name), spec.number(kGuidance.name) != 0,
                      spec.number(kExtrapolation.name), reuses_denoised(spec) ? Reuse::denoised : Reuse::deep_feature};
  const Choice full{StepKind::full, cached.branch};
  std::vector<Choice> choices(static_cast<std::size_t>(pass.count), cached);
  if (!choices.empty()) choices.front() = full;
  for (const int call : full_calls(spec, pass)) {
    if (call >= 0 && call < pass.count) choices[static_cast<std::size_t>(call)] = full;
  }
  return choices;
}

CacheSpec uniform_caching(int interval, int branch) {
  CacheSpec spec{policy_table().front().name, {}};
  for (const CacheOption* option : policy_table().front().options) spec.options[option->name] = 0;
  spec.options[kInterval.name] = interval;
  spec.options[kBranch.name] = branch;
  return spec;
}

CacheSpec no_caching() { return uniform_caching(1, 0); }

bool caches(const CacheSpec& spec) {
  return !spec.placed.empty() || !is_about_intervals(row_of(spec)) || spec.whole(kInterval.name) > 1;
}

bool reuses_denoised(const CacheSpec& spec) { return spec.number(kReuse.name) != 0; }

bool is_of_intervals(const CacheSpec& spec) {
  return is_about_intervals(row_of(spec)) && spec.placed.empty() && spec.number(kGuidance.name) == 0 &&
         spec.number(kExtrapolation.name) == 0 && !reuses_denoised(spec);
}

}  // namespace deepcache_gen
