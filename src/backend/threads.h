#pragma once

#include <optional>

namespace deepcache_gen {

/// Physical cores this process may run on: the hardware threads it is allowed, counting those that share a core once.
int physical_core_count();

/// Sets the threads one operator is spread over: `threads`, or one per physical core. Throws `UsageError` unless it is
/// between 1 and 1024.
void set_thread_count(std::optional<int> threads);

}  // namespace deepcache_gen
