#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>

namespace deepcache_gen {

// A half of a VAE on overlapping tiles, so that the memory it takes does not grow with the picture. No tile knows the
// others' group norms or attention: the result differs from that of the whole, most where tiles meet.

/// The side of a whole tile as it goes in and as it comes out; those at the right and at the bottom may be thinner.
struct TileSides {
  std::int64_t input, output;
};

/// A tile, [channels, height, width], to what is made of it.
using RunTile = std::function<at::Tensor(const at::Tensor& tile)>;

/// As diffusers' AutoencoderKL after enable_tiling(), to the bit: tiles overlap by a quarter, and each is blended
/// linearly into the finished one above it and then into that to its left. An input that is no larger than a tile is
/// run whole. The sides of a tile are multiples of 4. What a run returns is left as it is.
at::Tensor run_blended_tiles(const at::Tensor& input, const TileSides& sides, const RunTile& run);

/// As diffusers' AutoencoderTiny after enable_tiling(), to the bit: tiles overlap by an eighth, and each fades in over
/// the result so far, which is float32. Unlike above, an input as large as a tile is cut as well. The sides of a tile
/// are multiples of 8, the shorter one at least 16.
at::Tensor run_faded_tiles(const at::Tensor& input, const TileSides& sides, const RunTile& run);

}  // namespace deepcache_gen
