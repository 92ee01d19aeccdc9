#pragma once

#include <optional>
#include <string>

namespace deepcache_gen {

/// Physical cores this process may run on: the hardware threads it is allowed, counting those that share a core once.
int physical_core_count();

/// Processors this process gets the time of: its physical cores, or what its control groups leave it of them, rounded
/// up (backend/control_groups.h). More threads would stand still together once a period's time is used up.
int usable_core_count();

struct ThreadCount {
  int count = 1;
  std::string reason;  ///< what it comes from, as in "2 threads, " + reason
};

/// The threads that an operator of one engine is spread over where `engines` work at the same time: its part, at least
/// one, of `threads`, else of $OMP_NUM_THREADS, else of `usable_core_count`. Throws `UsageError` unless `threads` is
/// between 1 and 1024.
ThreadCount resolve_thread_count(std::optional<int> threads, int engines);

/// Operators that the calling thread runs are spread over so many threads. OpenMP keeps the number for each thread.
void use_threads(int count);

}  // namespace deepcache_gen
