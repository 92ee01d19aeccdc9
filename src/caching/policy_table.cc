#include "caching/policy_table.h"

#include <algorithm>
#include <array>

#include "support/error.h"
#include "support/number_text.h"

namespace deepcache_gen {

// The rows, each in the file of its name.
PolicyRow uniform_policy();
PolicyRow range_policy();

namespace {

bool has_option(const PolicyRow& row, const std::string& name) {
  return std::any_of(row.options.begin(), row.options.end(), [&](const CacheOption* o) { return o->name == name; });
}

bool has_all(const PolicyRow& row, const CacheRequest& asked) {
  return std::all_of(asked.begin(), asked.end(), [&](const auto& given) { return has_option(row, given.first); });
}

// The name that messages use.
std::string flag_of(const CacheOption& option) {
  const std::string names = option.flags;
  return names.substr(0, names.find(','));
}

const PolicyRow& meant_by(const CacheRequest& asked) {
  for (const PolicyRow& row : policy_table()) {
    if (has_all(row, asked)) return row;
  }
  std::vector<std::string> flags;
  std::string text;
  for (const CacheOption* option : cache_options()) {
    if (!asked.contains(option->name)) continue;
    flags.push_back(flag_of(*option));
    text += (text.empty() ? "" : ", ") + flags.back();
  }
  UsageError error("no cache policy has all of " + text + "; leave some out");
  for (const std::string& flag : flags) error.add_flag(flag);
  throw error;
}

// The values in the order of the policy's options, each after its name and `before_value` where they are named.
std::string listed(const CacheSpec& spec, bool named, const std::string& before_value, const std::string& separator) {
  std::string text;
  for (const CacheOption* option : row_of(spec).options) {
    const double value = spec.number(option->name);
    if (option->neutral == value) continue;
    text += (text.empty() ? "" : separator) + (named ? option->name + before_value : "") + number_text("%.10g", value);
  }
  return text;
}

std::string prefix(const CacheSpec& spec, const std::string& separator) {
  return spec.policy == policy_table().front().name ? "" : spec.policy + separator;
}

}  // namespace

std::span<const PolicyRow> policy_table() {
  static const std::array rows{
      uniform_policy(),
      range_policy(),
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
  const PolicyRow& row = meant_by(asked);
  CacheSpec spec{row.name, {}};
  for (const CacheOption* option : row.options) {
    const auto given = asked.find(option->name);
    const std::optional<double> value = given == asked.end() ? std::nullopt : std::optional(given->second);
    spec.options[option->name] = option->resolve(value, asked, limits);
  }
  return row.plainer ? row.plainer(spec).value_or(spec) : spec;
}

std::unique_ptr<CachePolicy> make_policy(const CacheSpec& spec) { return row_of(spec).make(spec); }

CacheSpec uniform_caching(int interval, int branch) {
  return {uniform_policy().name,
          {{kInterval.name, static_cast<double>(interval)}, {kBranch.name, static_cast<double>(branch)}}};
}

CacheSpec no_caching() { return uniform_caching(1, 0); }

bool caches(const CacheSpec& spec) { return row_of(spec).caches(spec); }

std::string cache_text(const CacheSpec& spec) { return prefix(spec, ", ") + listed(spec, true, " ", ", "); }

std::string short_cache_text(const CacheSpec& spec) {
  return caches(spec) ? prefix(spec, ":") + listed(spec, false, "", "/") : "original";
}

std::string cache_file_name(const CacheSpec& spec) {
  return caches(spec) ? prefix(spec, "-") + listed(spec, true, "", "-") : "original";
}

}  // namespace deepcache_gen
