#pragma once

#include <array>
#include <cstdint>

namespace deepcache_gen {

/// Red, green and blue.
using Color = std::array<std::uint8_t, 3>;

}  // namespace deepcache_gen
