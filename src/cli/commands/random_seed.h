#pragma once

#include <cstdint>

namespace deepcache_gen {

/// A seed of 32 bits, short enough to type again, from the operating system's entropy, so that two processes started at
/// the same moment differ. Throws `Error` where the system has none.
std::int64_t random_seed();

}  // namespace deepcache_gen
