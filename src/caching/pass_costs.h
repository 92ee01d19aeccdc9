#pragma once

#include <cstddef>
#include <vector>

namespace deepcache_gen {

/// What one picture costs, call by call: seconds, or multiply-adds where nothing was measured.
struct PassCosts {
  bool are_seconds = false;
  double full = 0;                   ///< a full call
  std::vector<double> cached, held;  ///< a cached call by its branch, with both halves and with the conditional one
  double beside = 0;                 ///< what is no UNet call: text encoders, VAE

  /// Of a picture of `calls` calls of which `full_calls` are full. A branch that is not known costs as much as
  /// a full call.
  double of_picture(int calls, int full_calls, int branch, bool holds_guidance) const {
    const std::vector<double>& costs = holds_guidance ? held : cached;
    const auto place = static_cast<std::size_t>(branch);
    const double cached_call = place < costs.size() ? costs[place] : full;
    return beside + full_calls * full + (calls - full_calls) * cached_call;
  }
};

}  // namespace deepcache_gen
