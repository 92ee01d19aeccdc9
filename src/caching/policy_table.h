#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "caching/cache_policy.h"
#include "caching/cache_spec.h"

namespace deepcache_gen {

/// The options of a policy that a user gave, by name.
using CacheRequest = std::map<std::string, double>;

/// What a model recommends.
struct CacheDefaults {
  int interval, branch;
};

/// What options are checked against, and their defaults.
struct CacheLimits {
  int steps;       ///< denoising steps
  int max_branch;  ///< of the model's UNet
  std::string model;
  CacheDefaults defaults;
};

/// A number that a policy is told, as a flag and in records.
struct CacheOption {
  const char* name;         ///< in a spec
  const char* flags;        ///< comma-separated, the name that messages use first
  const char* placeholder;  ///< what stands for its value in the help
  const char* help;
  const char* key;       ///< in JSON
  const char* infotext;  ///< in the `parameters` text of a PNG
  bool is_whole;
  bool is_common;                 ///< on the short help page too
  std::optional<double> neutral;  ///< records leave it out where it has this value; unset: they always say it
  /// The value to use, given the one asked for. Throws `UsageError` naming the flag.
  double (*resolve)(std::optional<double> asked, const CacheRequest& all, const CacheLimits& limits);
  /// Where the model recommends a value; null: the help has the default.
  int CacheDefaults::*recommended;
};

/// A policy: one file that defines it, one row in the table.
struct PolicyRow {
  const char* name;
  std::vector<const CacheOption*> options;
  bool (*caches)(const CacheSpec& spec);  ///< false: every call is full
  std::unique_ptr<CachePolicy> (*make)(const CacheSpec& spec);
  /// The spec of another policy where that decides the same, so that equal pictures have equal records; null: never.
  std::optional<CacheSpec> (*plainer)(const CacheSpec& spec) = nullptr;
};

/// Every policy; where options are given, the first that has all of them is meant.
std::span<const PolicyRow> policy_table();
/// The row of a spec's policy; there must be one.
const PolicyRow& row_of(const CacheSpec& spec);
/// The options of all policies, each once.
std::vector<const CacheOption*> cache_options();

/// The policy that the options asked for mean, with all its options, or the plainer one that decides the same. Throws
/// `UsageError` where they belong to different policies, and for values that are not accepted.
CacheSpec resolve_caching(const CacheRequest& asked, const CacheLimits& limits);

/// Makes the policy of a spec.
std::unique_ptr<CachePolicy> make_policy(const CacheSpec& spec);

/// Of the policy uniform, and of those that are uniform in part: their options, and `PolicyRow::caches`.
extern const CacheOption kInterval, kBranch;
bool has_intervals(const CacheSpec& spec);

}  // namespace deepcache_gen
