#include "caching/cache_spec.h"

#include <algorithm>

#include "caching/policy_table.h"
#include "support/number_text.h"

namespace deepcache_gen {
namespace {

std::string value_text(const CacheOption& option, double value) {
  if (option.words.empty()) return number_text("%.10g", value);
  return option.words[static_cast<std::size_t>(value)];
}

// The values in the order of the policy's options, each after its name and `before_value` where they are named.
std::string listed(const CacheSpec& spec, bool named, const std::string& before_value, const std::string& separator) {
  std::string text;
  const PolicyRow& row = row_of(spec);
  if (row.list != nullptr) text = (named ? row.list + before_value : "") + placed_text(spec.placed);
  for (const CacheOption* option : row.options) {
    const double value = spec.number(option->name);
    if (option->neutral == value || (option == &kBranch && reuses_denoised(spec))) continue;
    text += (text.empty() ? "" : separator) + (named ? option->name + before_value : "") + value_text(*option, value);
  }
  return text;
}

std::string prefix(const CacheSpec& spec, const std::string& separator) {
  return spec.policy == policy_table().front().name ? "" : spec.policy + separator;
}

}  // namespace

double CacheSpec::number(const std::string& option) const {
  const auto found = options.find(option);
  return found == options.end() ? 0 : found->second;
}

std::string cache_text(const CacheSpec& spec) { return prefix(spec, ", ") + listed(spec, true, " ", ", "); }

std::string short_cache_text(const CacheSpec& spec) {
  return caches(spec) ? prefix(spec, ":") + listed(spec, false, "", "/") : "original";
}

std::string cache_file_name(const CacheSpec& spec) {
  if (!caches(spec)) return "original";
  std::string name = prefix(spec, "-") + listed(spec, true, "", "-");
  std::replace(name.begin(), name.end(), '/', '_');
  return name;
}

std::string cache_policy_text(const CacheSpec& spec) { return spec.policy + ":" + listed(spec, true, "=", ","); }

std::string placed_text(const PlacedCalls& placed) {
  std::string text;
  for (const std::vector<int>& calls : placed) {
    if (&calls != &placed.front()) text += '/';
    for (const int& call : calls) text.append(&call == &calls.front() ? "" : "+").append(std::to_string(call));
  }
  return text;
}

}  // namespace deepcache_gen
