#pragma once

namespace deepcache_gen {

/// While it lives, memory for LibTorch's tensors that the same thread makes on the CPU is only reserved: it takes no
/// page before it is written to. Other threads' tensors are made as ever. Scopes may nest.
class ReservingScope {
 public:
  /// The first one puts an allocator in front of LibTorch's own, which stays there.
  ReservingScope();
  ~ReservingScope();
  ReservingScope(const ReservingScope&) = delete;
  ReservingScope& operator=(const ReservingScope&) = delete;

 private:
  bool outer_;  ///< whether the thread was reserving before
};

}  // namespace deepcache_gen
