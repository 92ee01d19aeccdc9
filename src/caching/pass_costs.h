#pragma once

#include <cstddef>
#include <vector>

#include "caching/cache_policy.h"

namespace deepcache_gen {

/// What one picture costs, call by call: seconds, or multiply-adds where nothing was measured.
struct PassCosts {
  bool are_seconds = false;
  double full = 0;                   ///< a full call
  std::vector<double> cached, held;  ///< a cached call by its branch, with both halves and with the conditional one
  double beside = 0;                 ///< what is no UNet call: text encoders, VAE

  /// Of a picture of `calls` calls of which `full_calls` are full. A branch that is not known costs as much as
  /// a full call.
  double of_picture(int calls, int full_calls, const Choice& cached_call) const {
    return beside + full_calls * full + (calls - full_calls) * of_cached(cached_call);
  }
  /// Of one without caching.
  double of_uncached_picture(int calls) const { return of_picture(calls, calls, {}); }
  /// Of a cached call; nothing where nothing runs.
  double of_cached(const Choice& call) const {
    const std::vector<double>& costs = call.holds_guidance ? held : cached;
    const auto place = static_cast<std::size_t>(call.branch);
    if (!call.runs()) return 0;
    return place < costs.size() ? costs[place] : full;
  }
};

}  // namespace deepcache_gen
