#pragma once

#include <cstdint>

namespace deepcache_gen {

/// The id of the first vector of the first token that is in no vocabulary, as textual inversion adds them; the others
/// count on from it. Beyond every vocabulary.
inline constexpr std::int64_t kFirstAddedId = std::int64_t{1} << 30;

}  // namespace deepcache_gen
