#pragma once

#include <cstdint>

namespace deepcache_gen {

/// Of a channels-last image: `batch` times `pixels` times `channels` numbers, whose channels are in `groups`.
struct GroupNormSizes {
  std::int64_t batch, pixels;
  int channels, groups;
};

/// How a GroupNorm is shared out: a block works on a chunk of pixels in a tile, which is some groups of channels, so
/// that what a block reads of all the chunks' sums is little. In it the threads stand in `lanes` rows of `columns`.
struct GroupNormLayout {
  int pack;         ///< numbers in an access to memory
  int tile_groups;  ///< of a block; all tiles have as many
  int columns;      ///< threads over the packs of a tile's pixel
  int lanes;        ///< rows of such threads, over the pixels
  int threads;      ///< of a block
  int chunk_pixels;
  int chunks;  ///< of an image; the last one may have fewer pixels
};

/// What a device has for it.
struct BlockLimits {
  int threads;  ///< of a block, at most
  int stripe;   ///< the number of threads is a multiple of that
  int blocks;   ///< how many are wanted, so that all of the device works
};

/// More channels than this in a group are not computed with: a block keeps sums of each.
inline constexpr int kMostGroupChannels = 4096;

/// For numbers of `number_bytes` bytes that are accessed in packs of `widest_pack`, or one by one where the groups
/// don't allow packs. A group must have at most `kMostGroupChannels`.
GroupNormLayout group_norm_layout(const GroupNormSizes& sizes, int number_bytes, int widest_pack,
                                  const BlockLimits& limits);

/// How many numbers a block needs beside what it reads and writes, shared by its threads.
int group_norm_scratch(const GroupNormSizes& sizes, const GroupNormLayout& layout);

/// The number of blocks.
std::int64_t group_norm_blocks(const GroupNormSizes& sizes, const GroupNormLayout& layout);

}  // namespace deepcache_gen
