#pragma once

#include <cstddef>
#include <functional>
#include <map>

namespace deepcache_gen {

/// Does things in the order of their places, whatever order they come in.
class InOrder {
 public:
  /// Does `action` as soon as those of all lower places are done; the first place is 0. Each place comes once. Throws
  /// what the actions throw that are done now.
  void put(std::size_t place, std::function<void()> action);
  /// Does what still waits; the places that are missing will not come.
  void do_the_rest();

 private:
  void do_first();

  std::size_t next_ = 0;
  std::map<std::size_t, std::function<void()>> waiting_;
};

}  // namespace deepcache_gen
