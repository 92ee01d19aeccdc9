#pragma once

#include <map>
#include <string>

namespace deepcache_gen {

/// Which policy decides (a name of `policy_table`) and the values of all its options, by name.
struct CacheSpec {
  std::string policy;
  std::map<std::string, double> options;

  /// Of an option that the policy has.
  double number(const std::string& option) const { return options.at(option); }
  int whole(const std::string& option) const { return static_cast<int>(options.at(option)); }
  bool operator==(const CacheSpec&) const = default;
};

/// Every `interval`-th UNet call is full, and a cached one reaches down to the rung of skip `branch`.
CacheSpec uniform_caching(int interval, int branch);
/// No caching: what others are compared with.
CacheSpec no_caching();
/// False where every call is full, whatever the branch.
bool caches(const CacheSpec& spec);

/// `interval 3, branch 0`; another policy than uniform is named before.
std::string cache_text(const CacheSpec& spec);
/// The same for tables and names of files: `3/0` and `interval3-branch0`; both `original` without caching.
std::string short_cache_text(const CacheSpec& spec);
std::string cache_file_name(const CacheSpec& spec);

}  // namespace deepcache_gen
