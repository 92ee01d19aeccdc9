#pragma once

#include <map>
#include <string>
#include <vector>

namespace deepcache_gen {

/// The full calls of each pass, counted within it; those behind the last one are as the last.
using PlacedCalls = std::vector<std::vector<int>>;

/// Where on a sampler's way full calls lie, however long it is.
struct CacheCurve {
  int calls = 0;  ///< of the way that the number of full calls is meant for
  /// The part of the way, 0 to 1, that lies before each of the full calls it was found with, and 1. Empty: the power
  /// law (j/m)^1.5.
  std::vector<double> knots;

  bool operator==(const CacheCurve&) const = default;
};

/// Which policy decides (a name of `policy_table`) and the values of all its options, by name.
struct CacheSpec {
  std::string policy;
  std::map<std::string, double> options;
  PlacedCalls placed{};  ///< where they lie instead; empty: where the policy places them
  CacheCurve curve{};    ///< of those that follow one

  /// Of an option that the policy has; 0 where it was left out.
  double number(const std::string& option) const;
  int whole(const std::string& option) const { return static_cast<int>(number(option)); }
  bool operator==(const CacheSpec&) const = default;
};

/// Every `interval`-th UNet call is full, and a cached one reaches down to the rung of skip `branch`.
CacheSpec uniform_caching(int interval, int branch);
/// No caching: what others are compared with.
CacheSpec no_caching();
/// False where every call is full, whatever the branch.
bool caches(const CacheSpec& spec);
/// Whether cached calls run nothing of the UNet; branch and guidance mean nothing then.
bool reuses_denoised(const CacheSpec& spec);
/// Whether interval and branch, and perhaps the part of the calls, say all: what there was before other policies.
bool is_of_intervals(const CacheSpec& spec);

/// `interval 3, branch 0`; another policy than uniform is named before.
std::string cache_text(const CacheSpec& spec);
/// The same for tables and names of files: `3/0` and `interval3-branch0`; both `original` without caching.
std::string short_cache_text(const CacheSpec& spec);
std::string cache_file_name(const CacheSpec& spec);
/// As --cache-policy takes it: `curve:full=10,branch=0,guidance=held`. Where calls were placed by hand they are left
/// out, but for the policy that is nothing else.
std::string cache_policy_text(const CacheSpec& spec);
/// `0+1+3`, of each pass, with `/` between two.
std::string placed_text(const PlacedCalls& placed);

}  // namespace deepcache_gen
