#pragma once

namespace deepcache_gen {

/// How a run caches: every `interval`-th UNet call is full, and a cached one reaches down to the rung of skip `branch`.
struct CacheSetting {
  int interval = 1;  ///< 1: no caching
  int branch = 0;

  /// The uncached run that others are compared with.
  bool is_original() const { return interval == 1; }
  bool operator==(const CacheSetting&) const = default;
};

}  // namespace deepcache_gen
