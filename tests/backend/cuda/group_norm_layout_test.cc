#include "backend/cuda/group_norm_layout.h"

#include <gtest/gtest.h>

namespace deepcache_gen {
namespace {

constexpr BlockLimits kDevice{.threads = 256, .stripe = 32, .blocks = 528};

int tile_channels(const GroupNormSizes& sizes, const GroupNormLayout& layout) {
  return layout.tile_groups * (sizes.channels / sizes.groups);
}

// What every layout must be for the blocks to be right.
void expect_whole(const GroupNormSizes& sizes, const GroupNormLayout& layout, const BlockLimits& limits) {
  EXPECT_EQ(sizes.groups % layout.tile_groups, 0);
  EXPECT_EQ(tile_channels(sizes, layout) % layout.pack, 0);
  EXPECT_LE(layout.columns * layout.lanes, layout.threads);
  EXPECT_LE(layout.threads, limits.threads);
  EXPECT_EQ(layout.threads % limits.stripe, 0);
  EXPECT_GE(static_cast<std::int64_t>(layout.chunks) * layout.chunk_pixels, sizes.pixels);
  EXPECT_LT(static_cast<std::int64_t>(layout.chunks - 1) * layout.chunk_pixels, sizes.pixels);
  EXPECT_LE(group_norm_scratch(sizes, layout) * sizeof(float), std::size_t{48} << 10);
}

TEST(GroupNormLayout, FitsImagesOfAnySize) {
  for (const int channels : {32, 320, 640, 960, 1280, 1920, 2560, 128, 512, 96}) {
    for (const std::int64_t pixels : {1, 2, 15, 64, 4096, 9216, 16384, 1048576}) {
      for (const std::int64_t batch : {1, 2, 16, 256}) {
        const GroupNormSizes sizes{batch, pixels, channels, 32};
        SCOPED_TRACE(testing::Message() << batch << " x " << channels << " x " << pixels);
        expect_whole(sizes, group_norm_layout(sizes, 2, 8, kDevice), kDevice);
        expect_whole(sizes, group_norm_layout(sizes, 4, 4, kDevice), kDevice);
        expect_whole(sizes, group_norm_layout(sizes, 4, 4, {1, 1, 1}), {1, 1, 1});
      }
    }
  }
}

TEST(GroupNormLayout, FitsGroupsOfAnySize) {
  for (const auto& [channels, groups] : {std::pair{1, 1},
                                         {7, 7},
                                         {15, 5},
                                         {4096, 1},
                                         {6144, 2},
                                         {32760, 8},
                                         {35, 7},
                                         {4099 * 3, 4099},
                                         {30, 3},
                                         {2048, 1}}) {
    SCOPED_TRACE(testing::Message() << channels << " in " << groups);
    const GroupNormSizes sizes{3, 77, channels, groups};
    for (const int bytes : {2, 4}) expect_whole(sizes, group_norm_layout(sizes, bytes, 16 / bytes, kDevice), kDevice);
  }
}

TEST(GroupNormLayout, ReadsTheUNetsImagesInPacks) {
  for (const int channels : {320, 640, 960, 1280, 1920, 2560}) {
    const GroupNormSizes sizes{2, 4096, channels, 32};
    const GroupNormLayout layout = group_norm_layout(sizes, 2, 8, kDevice);
    EXPECT_EQ(layout.pack, 8);
    EXPECT_GE(tile_channels(sizes, layout) * 2, 256);
    EXPECT_GE(layout.columns * layout.lanes, 224);
  }
}

TEST(GroupNormLayout, ReadsOneByOneWhatPacksDoNotFit) {
  EXPECT_EQ(group_norm_layout({1, 64, 30, 3}, 2, 8, kDevice).pack, 1);
  EXPECT_EQ(group_norm_layout({1, 64, 320, 32}, 2, 1, kDevice).pack, 1);
}

TEST(GroupNormLayout, GivesTheWholeDeviceWork) {
  const GroupNormSizes sizes{2, 4096, 320, 32};
  const std::int64_t blocks = group_norm_blocks(sizes, group_norm_layout(sizes, 2, 8, kDevice));
  EXPECT_GE(blocks, 132);
  EXPECT_LE(blocks, 2 * kDevice.blocks);
}

}  // namespace
}  // namespace deepcache_gen
