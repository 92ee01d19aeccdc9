#include "model/vae_tile_size.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/error.h"

namespace deepcache_gen {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

ModelInfo of_size(std::optional<int> sample_size) {
  ModelInfo model{.vae_scale = 8};
  model.vae.sample_size = sample_size;
  return model;
}

ModelInfo tiny() {
  ModelInfo model = of_size({});
  model.vae.is_tiny = true;
  return model;
}

TEST(VaeTileSize, IsUsuallyWhatTheVaeWasTrainedOn) {
  EXPECT_EQ(usual_tile_pixels(of_size(768)), 768);
  EXPECT_EQ(usual_tile_pixels(of_size(1024)), 1024);
  EXPECT_EQ(usual_tile_pixels(of_size({})), 512);
  EXPECT_EQ(usual_tile_pixels(tiny()), 512) << "as diffusers has it for AutoencoderTiny";
}

TEST(VaeTileSize, IsUsuallyOneWhoseTilesMeet) {
  EXPECT_EQ(usual_tile_pixels(of_size(100)), 96);
  EXPECT_EQ(usual_tile_pixels(of_size(8)), 32);
}

TEST(VaeTileSize, ForWantOfMemoryIsTheSameForAll) {
  for (const int trained : {32, 512, 1024}) EXPECT_EQ(sparing_tile_pixels(of_size(trained)), 512);
  EXPECT_EQ(sparing_tile_pixels(tiny()), 512);
  EXPECT_EQ(sparing_tile_pixels(ModelInfo{.vae_scale = 3}), 504);
}

TEST(VaeTileSize, ThatIsAskedForMustMakeTilesThatMeet) {
  EXPECT_EQ(checked_tile_pixels(of_size(512), 32), 32);
  EXPECT_EQ(checked_tile_pixels(of_size(512), 8192), 8192);
  EXPECT_EQ(checked_tile_pixels(tiny(), 128), 128);
  EXPECT_THAT([] { checked_tile_pixels(of_size(512), 520); },
              ThrowsMessage<UsageError>(HasSubstr("--vae-tile-size 520: must be divisible by 32, so that tiles overlap "
                                                  "by whole latents; the nearest are 512 and 544")));
  EXPECT_THAT([] { checked_tile_pixels(tiny(), 160); }, ThrowsMessage<UsageError>(HasSubstr("divisible by 64")));
  EXPECT_THAT([] { checked_tile_pixels(tiny(), 64); }, ThrowsMessage<UsageError>(HasSubstr("expected 128 to 8192")));
  for (const int pixels : {-32, 0, 24, 8224}) {
    EXPECT_THAT([&] { checked_tile_pixels(of_size(512), pixels); },
                ThrowsMessage<UsageError>(HasSubstr("expected 32 to 8192")));
  }
}

}  // namespace
}  // namespace deepcache_gen
