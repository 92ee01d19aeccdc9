#pragma once

#include <cstddef>
#include <cstdint>

namespace deepcache_gen {

/// Decodes a picture of a stranger, if it is not so large that it would only take time, and reads its texts as
/// --from-image does.
void read_strangers_picture(const std::uint8_t* data, std::size_t size);

}  // namespace deepcache_gen
