#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "caching/cache_policy.h"
#include "caching/cache_spec.h"
#include "caching/pass_costs.h"
#include "caching/tuned_caching.h"

namespace deepcache_gen {

/// What a user asks of caching: a policy with its options (--cache-policy), or options alone (--interval, --branch).
struct CacheRequest {
  std::map<std::string, double> options;  ///< by name
  std::string policy{};                   ///< empty: the first that has these options
  PlacedCalls placed{};

  bool empty() const { return options.empty() && policy.empty(); }
};

/// What a model recommends.
struct CacheDefaults {
  int interval, branch;
  std::string policy{};  ///< as --cache-policy takes it, instead of both; empty: there is none
  int steps = 0;         ///< that its number of full calls is for
};

/// What options are checked against, and their defaults.
struct CacheLimits {
  int steps;       ///< denoising steps
  int max_branch;  ///< of the model's UNet
  std::string model;
  CacheDefaults defaults;
  int calls = 0;              ///< UNet calls of the sampler's whole way
  std::string sampler{};      ///< its name
  bool extrapolates = false;  ///< extrapolation was found to help with this sampler
  /// What `tune` found out about the model; null, or nothing behind it: it was not tuned. Throws `Error` for a file
  /// that can't be used.
  std::function<std::shared_ptr<const TunedCaching>()> tuned{};
  /// What passes cost, by what `tune` measured, else by arithmetic; unset, or nothing: that is not known.
  std::function<std::optional<PassCosts>()> costs{};
};

/// A value that a policy is told, as a flag and in records.
struct CacheOption {
  const char* name;         ///< in a spec
  const char* flags;        ///< comma-separated, the name that messages use first; null: only in a spec
  const char* placeholder;  ///< what stands for its value in the help
  const char* help;
  const char* key;       ///< in JSON; null: only as part of the spec
  const char* infotext;  ///< in the `parameters` text of a PNG
  bool is_whole;
  bool is_common;                 ///< on the short help page too
  std::optional<double> neutral;  ///< records leave it out where it has this value; unset: they always say it
  /// The value to use, given the one asked for. Throws `UsageError` naming the option.
  double (*resolve)(std::optional<double> asked, const CacheRequest& all, const CacheLimits& limits);
  /// Where the model recommends a value; null: the help has the default.
  int CacheDefaults::*recommended;
  std::span<const char* const> words{};  ///< what is written for 0, 1, ...; empty: the number
};

/// One that is no flag, and stands in records as part of the spec only.
constexpr CacheOption spec_option(const char* name, const char* placeholder, bool is_whole,
                                  double (*resolve)(std::optional<double>, const CacheRequest&, const CacheLimits&),
                                  std::optional<double> neutral = {}) {
  return {name, nullptr, placeholder, "", nullptr, nullptr, is_whole, false, neutral, resolve, nullptr};
}

/// A policy: one file that defines it, one row in the table.
struct PolicyRow {
  const char* name;
  std::vector<const CacheOption*> options;
  /// The calls of a pass that are full, counted within it; the first is full in any case.
  std::vector<int> (*full_calls)(const CacheSpec& spec, const PassCalls& pass);
  /// Fills in what the options alone don't say, and checks them together; null: nothing. Throws `UsageError`.
  void (*complete)(CacheSpec& spec, const CacheRequest& asked, const CacheLimits& limits) = nullptr;
  /// The spec of another policy where that decides the same, so that equal pictures have equal records; null: never.
  std::optional<CacheSpec> (*plainer)(const CacheSpec& spec) = nullptr;
  const char* list = nullptr;  ///< the name of an option that is a list of calls: `CacheRequest::placed`
};

/// Every policy; where options are given alone, the first that has all of them is meant.
std::span<const PolicyRow> policy_table();
/// The row of a spec's policy; there must be one.
const PolicyRow& row_of(const CacheSpec& spec);
/// The options of all policies, each once.
std::vector<const CacheOption*> cache_options();

/// Reads `curve:full=10,guidance=held`; also `original` and `3/0`, interval and branch. Throws `UsageError` beginning
/// with `flag` for what is no policy or has no such option.
CacheRequest read_cache_policy(const std::string& flag, const std::string& text);

/// The policy that is asked for, with all its options, or the plainer one that decides the same; where nothing is asked
/// for, what the model recommends, for as large a part of the calls. Throws `UsageError` where options belong to
/// different policies, and for values that are not accepted.
CacheSpec resolve_caching(const CacheRequest& asked, const CacheLimits& limits);

/// How messages name an option: `--interval`, or `--cache-policy, full` where it stands in a spec.
std::string name_of(const CacheOption& option, const CacheRequest& asked);

// What policies share.

extern const CacheOption kInterval, kBranch, kGuidance, kExtrapolation, kReuse, kFullCalls;
/// The full calls of a pass that lie on the spec's curve: those of the way that the pass has. How fast features change
/// hangs on how noisy the latents are.
std::vector<int> calls_on_curve(const CacheSpec& spec, const PassCalls& pass);
/// `count` of the calls of a way of `calls`, where the curve has them, the first of all among them.
std::vector<int> place_on_curve(const CacheCurve& curve, int calls, int count);
/// As many full calls of `calls` as the spec's number of them is of the way that it is meant for.
int full_calls_of(const CacheSpec& spec, int calls);
/// The knots that `tune` found for the nearest share of full calls, of the same branch and guidance where there are
/// such; no knots where it found none.
std::vector<double> tuned_knots(const TunedCaching& tuned, const CacheSpec& spec);
/// Those of one placement, which was found on a way of `calls`.
std::vector<double> knots_of(const TunedPlacement& placement, int calls);

}  // namespace deepcache_gen
