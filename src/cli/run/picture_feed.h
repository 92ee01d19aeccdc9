#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "cli/output/picture.h"

namespace deepcache_gen {

/// Where pictures come from while a run is going on.
class PictureFeed {
 public:
  virtual ~PictureFeed() = default;

  /// The pictures of the next prompt; there may be none to make. Nothing where the feed has ended, or where no prompt
  /// is there and `may_wait`, which is asked again and again, says no. One thread asks at a time. Throws `Interrupted`
  /// and what reading throws.
  virtual std::optional<std::vector<Picture>> next(const std::function<bool()>& may_wait) = 0;
  virtual bool ended() const = 0;
};

}  // namespace deepcache_gen
