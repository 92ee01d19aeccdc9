#include "backend/cuda/group_norm_layout.h"

#include <algorithm>
#include <optional>

namespace deepcache_gen {
namespace {

// So much of a pixel in one piece is read without waste, whatever the alignment.
constexpr int kTileBytes = 256;
// What a block may keep: 48 KiB without asking for more, two numbers a channel.
constexpr int kMostTileChannels = 6144;
// Sums about a first pixel that happens to lie far off lose so many units in the last place.
constexpr std::int64_t kMostChunkPixels = 4096;
// Fewer are not worth what a block does besides.
constexpr int kLeastPixelsOfAThread = 4;

template <typename Number>
Number ceiling_quotient(Number dividend, Number divisor) {
  return (dividend + divisor - 1) / divisor;
}

// The fewest groups that give a tile its bytes, or as many as a block may keep; nothing where no such tile can be read
// in packs.
std::optional<int> tile_groups(const GroupNormSizes& sizes, int number_bytes, int pack) {
  const int group_channels = sizes.channels / sizes.groups;
  std::optional<int> chosen;
  for (int groups = 1; groups <= sizes.groups && groups * group_channels <= kMostTileChannels; ++groups) {
    if (sizes.groups % groups != 0 || groups * group_channels % pack != 0) continue;
    chosen = groups;
    if (groups * group_channels * number_bytes >= kTileBytes) break;
  }
  return chosen;
}

void arrange_threads(const GroupNormSizes& sizes, const BlockLimits& limits, GroupNormLayout& layout) {
  const int packs = layout.tile_groups * (sizes.channels / sizes.groups) / layout.pack;
  layout.columns = std::min(packs, limits.threads);
  layout.lanes = static_cast<int>(std::min<std::int64_t>(limits.threads / layout.columns, sizes.pixels));
  layout.threads = ceiling_quotient(layout.columns * layout.lanes, limits.stripe) * limits.stripe;
}

void cut_chunks(const GroupNormSizes& sizes, const BlockLimits& limits, GroupNormLayout& layout) {
  const std::int64_t tiles = sizes.batch * (sizes.groups / layout.tile_groups);
  const std::int64_t wanted = ceiling_quotient<std::int64_t>(limits.blocks, tiles);
  const std::int64_t pixels = std::clamp<std::int64_t>(ceiling_quotient(sizes.pixels, wanted),
                                                       layout.lanes * kLeastPixelsOfAThread, kMostChunkPixels);
  layout.chunk_pixels = static_cast<int>(ceiling_quotient<std::int64_t>(pixels, layout.lanes) * layout.lanes);
  layout.chunks = static_cast<int>(ceiling_quotient<std::int64_t>(sizes.pixels, layout.chunk_pixels));
}

}  // namespace

GroupNormLayout group_norm_layout(const GroupNormSizes& sizes, int number_bytes, int widest_pack,
                                  const BlockLimits& limits) {
  GroupNormLayout layout{};
  const std::optional<int> packed = tile_groups(sizes, number_bytes, widest_pack);
  layout.pack = packed ? widest_pack : 1;
  layout.tile_groups = packed ? *packed : tile_groups(sizes, number_bytes, 1).value();
  arrange_threads(sizes, limits, layout);
  cut_chunks(sizes, limits, layout);
  return layout;
}

int group_norm_scratch(const GroupNormSizes& sizes, const GroupNormLayout& layout) {
  return 2 * layout.lanes * layout.tile_groups * (sizes.channels / sizes.groups);
}

std::int64_t group_norm_blocks(const GroupNormSizes& sizes, const GroupNormLayout& layout) {
  return sizes.batch * (sizes.groups / layout.tile_groups) * layout.chunks;
}

}  // namespace deepcache_gen
