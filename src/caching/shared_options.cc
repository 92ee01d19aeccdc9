#include <algorithm>

#include "caching/policy_table.h"
#include "support/error.h"
#include "support/number_text.h"
#include "support/option_value.h"

// The options that several policies have.

namespace deepcache_gen {
namespace {

constexpr const char* kHalves[]{"both", "held"};
constexpr const char* kReused[]{"feature", "denoised"};

bool asks_for_denoised(const CacheRequest& all) {
  const auto reuse = all.options.find(kReuse.name);
  return reuse != all.options.end() && reuse->second != 0;
}

// What a cached call that runs nothing has no use for.
void require_use(const CacheOption& option, std::optional<double> asked, const CacheRequest& all) {
  if (!asked || *asked == 0 || !asks_for_denoised(all)) return;
  throw UsageError(name_of(option, all) + ": has no effect with reuse=denoised, where cached calls run nothing");
}

double resolve_interval(std::optional<double> asked, const CacheRequest& all, const CacheLimits& limits) {
  if (!asked) return std::min(limits.defaults.interval, limits.steps);
  return checked_whole(name_of(kInterval, all), static_cast<int>(*asked), 1, limits.steps,
                       ", the number of steps (1: no caching)");
}

double resolve_branch(std::optional<double> asked, const CacheRequest& all, const CacheLimits& limits) {
  require_use(kBranch, asked, all);
  if (asks_for_denoised(all)) return 0;
  const int branch = asked ? static_cast<int>(*asked) : limits.defaults.branch;
  if (asked && all.policy.empty() && !all.options.contains(kInterval.name) && limits.defaults.interval == 1) {
    throw UsageError("--branch", "--branch " + std::to_string(branch) +
                                     ": has no effect without caching; add --interval N with N of 2 or more");
  }
  return checked_whole(name_of(kBranch, all), branch, 0, limits.max_branch, " for model " + limits.model);
}

double resolve_guidance(std::optional<double> asked, const CacheRequest& all, const CacheLimits&) {
  require_use(kGuidance, asked, all);
  return asked.value_or(0);
}

double resolve_extrapolation(std::optional<double> asked, const CacheRequest& all, const CacheLimits& limits) {
  const double part = asked.value_or(0);
  const std::string what = name_of(kExtrapolation, all) + " " + number_text("%g", part) + ": ";
  if (!(part >= 0 && part <= 1)) throw UsageError(what + "expected 0 (none) to 1");
  if (part > 0 && !limits.extrapolates && !asks_for_denoised(all)) {
    throw UsageError(what + "makes pictures worse with sampler '" + limits.sampler + "'; leave it out, or use ddim");
  }
  return part;
}

double resolve_reuse(std::optional<double> asked, const CacheRequest&, const CacheLimits&) { return asked.value_or(0); }

double resolve_full(std::optional<double> asked, const CacheRequest& all, const CacheLimits& limits) {
  constexpr int kUsualInterval = 3;
  const int usual = (limits.calls + kUsualInterval - 1) / kUsualInterval;
  return checked_whole(name_of(kFullCalls, all), static_cast<int>(asked.value_or(usual)), 1, limits.calls,
                       ", the number of UNet calls");
}

}  // namespace

std::string name_of(const CacheOption& option, const CacheRequest& asked) {
  if (option.flags == nullptr || !asked.policy.empty()) return std::string("--cache-policy, ") + option.name;
  const std::string names = option.flags;
  return names.substr(0, names.find(','));
}

const CacheOption kInterval{
    .name = "interval",
    .flags = "--interval,--cache-interval",
    .placeholder = "N",
    .help = "Run the whole UNet on every N-th step only; its outer part on the others. 1 turns caching off.",
    .key = "interval",
    .infotext = "DeepCache interval",
    .is_whole = true,
    .is_common = true,
    .neutral = {},
    .resolve = resolve_interval,
    .recommended = &CacheDefaults::interval};

const CacheOption kBranch{.name = "branch",
                          .flags = "--branch,--cache-branch-id",
                          .placeholder = "K",
                          .help = "Depth of cached steps; 0 is the fastest, the largest the closest to no caching.",
                          .key = "branch",
                          .infotext = "DeepCache branch",
                          .is_whole = true,
                          .is_common = true,
                          .neutral = {},
                          .resolve = resolve_branch,
                          .recommended = &CacheDefaults::branch};

const CacheOption kGuidance{.name = "guidance",
                            .flags = nullptr,
                            .placeholder = "both|held",
                            .help = "",
                            .key = "cached_guidance",
                            .infotext = "DeepCache guidance",
                            .is_whole = true,
                            .is_common = false,
                            .neutral = 0,
                            .resolve = resolve_guidance,
                            .recommended = nullptr,
                            .words = kHalves};

const CacheOption kExtrapolation{.name = "extrapolate",
                                 .flags = nullptr,
                                 .placeholder = "X",
                                 .help = "",
                                 .key = "cache_extrapolation",
                                 .infotext = "DeepCache extrapolation",
                                 .is_whole = false,
                                 .is_common = false,
                                 .neutral = 0,
                                 .resolve = resolve_extrapolation,
                                 .recommended = nullptr};

const CacheOption kReuse{.name = "reuse",
                         .flags = nullptr,
                         .placeholder = "feature|denoised",
                         .help = "",
                         .key = "cache_reuse",
                         .infotext = "DeepCache reuse",
                         .is_whole = true,
                         .is_common = false,
                         .neutral = 0,
                         .resolve = resolve_reuse,
                         .recommended = nullptr,
                         .words = kReused};

const CacheOption kFullCalls = spec_option("full", "N", true, resolve_full);

}  // namespace deepcache_gen
