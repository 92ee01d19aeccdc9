#pragma once

namespace deepcache_gen {

/// The part of a prompt list that one process makes: entry k (from 0) where k % count == number - 1.
struct Shard {
  int number = 1;  ///< 1..count
  int count = 1;

  bool has(int entry) const { return entry % count == number - 1; }
};

}  // namespace deepcache_gen
