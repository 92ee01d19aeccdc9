#pragma once

#include <cstdint>

namespace deepcache_gen {

inline constexpr std::int64_t kGibibyte = std::int64_t{1} << 30;

}  // namespace deepcache_gen
