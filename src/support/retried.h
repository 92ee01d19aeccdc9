#pragma once

#include <cerrno>

namespace deepcache_gen {

/// Makes a system call, and again as often as a signal interrupted it (EINTR). Returns what the last one returned.
template <typename Call>
auto retried(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

}  // namespace deepcache_gen
