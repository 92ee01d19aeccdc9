#pragma once

#include <cstddef>
#include <cstdint>

namespace deepcache_gen {

/// A mutator of libFuzzer's for a PNG file: changes bytes and then, mostly, mends the checksums of the chunks, which no
/// mutation finds.
std::size_t mutate_png(std::uint8_t* data, std::size_t size, std::size_t max_size, unsigned int seed);

}  // namespace deepcache_gen
