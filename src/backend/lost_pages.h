#pragma once

#include <cstddef>
#include <span>

namespace deepcache_gen {

/// Watches over the pages of a mapped file while it lives. Where one can't be read any more, because the file was cut
/// short or its disk fails, the kernel sends SIGBUS, which ends a process without a word. Instead zeros take the place
/// of that page and those after it, and `any` tells it: whoever has read from the file asks before he uses what he
/// read. SIGBUS from elsewhere ends the process as ever.
class LostPages {
 public:
  /// `memory`: the mapping. Where too many are watched already, it is not.
  explicit LostPages(std::span<const std::byte> memory);
  ~LostPages();
  LostPages(const LostPages&) = delete;
  LostPages& operator=(const LostPages&) = delete;

  /// Whether any page was lost so far.
  bool any() const;

 private:
  int place_;  ///< in the table that the signal handler looks into; -1: not watched
};

}  // namespace deepcache_gen
