#include "caching/policy_table.h"
#include "support/error.h"
#include "support/number_text.h"

namespace deepcache_gen {
namespace {

extern const CacheOption kStart, kEnd;

constexpr const char* kStartName = "start";
constexpr const char* kEndName = "end";

double checked_fraction(const std::string& flag, double value) {
  if (value >= 0 && value <= 1) return value;
  throw UsageError(flag, flag + " " + number_text("%g", value) + ": expected 0 to 1, a fraction of the UNet calls");
}

double resolve_start(std::optional<double> asked, const CacheRequest& all, const CacheLimits&) {
  return checked_fraction(name_of(kStart, all), asked.value_or(0));
}

double resolve_end(std::optional<double> asked, const CacheRequest& all, const CacheLimits&) {
  const std::string name = name_of(kEnd, all);
  const double end = checked_fraction(name, asked.value_or(1));
  const auto asked_start = all.options.find(kStartName);
  const double start = asked_start == all.options.end() ? 0 : asked_start->second;
  if (start < end) return end;
  throw UsageError(name, name + " " + number_text("%g", end) + ": must be above " + name_of(kStart, all) +
                             ", which is " + number_text("%g", start));
}

const CacheOption kStart{.name = kStartName,
                         .flags = "--cache-start",
                         .placeholder = "X",
                         .help = "Cache from this fraction of the UNet calls on; those before are full. Default: 0.",
                         .key = "cache_start",
                         .infotext = "DeepCache start",
                         .is_whole = false,
                         .is_common = false,
                         .neutral = 0,
                         .resolve = resolve_start,
                         .recommended = nullptr};

const CacheOption kEnd{.name = kEndName,
                       .flags = "--cache-end",
                       .placeholder = "X",
                       .help = "Cache up to this fraction of the UNet calls; those after are full. Default: 1.",
                       .key = "cache_end",
                       .infotext = "DeepCache end",
                       .is_whole = false,
                       .is_common = false,
                       .neutral = 1,
                       .resolve = resolve_end,
                       .recommended = nullptr};

std::optional<CacheSpec> plainer_than_range(const CacheSpec& spec) {
  if (spec.number(kStartName) > 0 || spec.number(kEndName) < 1) return {};
  CacheSpec uniform = uniform_caching(spec.whole(kInterval.name), spec.whole(kBranch.name));
  for (const CacheOption* option : {&kGuidance, &kReuse, &kExtrapolation}) {
    uniform.options[option->name] = spec.number(option->name);
  }
  uniform.placed = spec.placed;
  return uniform;
}

// Uniform caching in a part of the calls: call i of n lies in it when start * n <= i < end * n. Outside, every call is
// full.
std::vector<int> outside_or_every_interval(const CacheSpec& spec, const PassCalls& pass) {
  const double start = spec.number(kStartName), end = spec.number(kEndName);
  std::vector<int> full;
  for (int call = 0; call < pass.count; ++call) {
    const bool is_outside = call < start * pass.count || call >= end * pass.count;
    if (is_outside || call % spec.whole(kInterval.name) == 0) full.push_back(call);
  }
  return full;
}

}  // namespace

PolicyRow range_policy() {
  return {.name = "range",
          .options = {&kInterval, &kBranch, &kStart, &kEnd, &kGuidance, &kReuse, &kExtrapolation},
          .full_calls = outside_or_every_interval,
          .plainer = plainer_than_range};
}

}  // namespace deepcache_gen
