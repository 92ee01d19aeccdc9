#pragma once

#include <cstddef>
#include <deque>
#include <vector>

#include "cli/output/picture.h"

namespace deepcache_gen {

/// Pictures that wait to be made, and which of them go together.
class PictureQueue {
 public:
  void add(Picture picture) { pictures_.push_back(std::move(picture)); }
  bool empty() const { return pictures_.empty(); }
  std::size_t size() const { return pictures_.size(); }
  /// The one that is next; there must be one.
  const Picture& front() const { return pictures_.front(); }

  /// Takes out the first picture and those behind it that can share its batch (`can_share_batch`), at most `most`, in
  /// their order. It looks no more than a few thousand pictures ahead.
  std::vector<Picture> take_batch(std::size_t most);

 private:
  std::deque<Picture> pictures_;
};

}  // namespace deepcache_gen
