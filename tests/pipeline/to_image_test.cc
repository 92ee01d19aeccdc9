#include "pipeline/to_image.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace deepcache_gen {
namespace {

using testing::ElementsAre;

TEST(ToImage, InterleavesChannelsRowByRow) {
  const at::Tensor picture = at::arange(6, at::kFloat).view({3, 1, 2}) / 255;  // red 0 1, green 2 3, blue 4 5
  const Image image = to_image(picture);
  EXPECT_EQ(image.width, 2);
  EXPECT_EQ(image.height, 1);
  EXPECT_THAT(image.pixels, ElementsAre(0, 2, 4, 1, 3, 5));
}

TEST(ToImage, RoundsHalfToEvenAsNumPyDoes) {
  EXPECT_THAT(to_image(at::tensor({0.5f / 255, 1.5f / 255, 1.0f}).view({3, 1, 1})).pixels, ElementsAre(0, 2, 255));
}

TEST(ToLatents, CopiesRowMajor) {
  const Latents latents = to_latents(at::arange(6, at::kFloat).view({1, 3, 2}).transpose(1, 2));
  EXPECT_EQ(latents.height, 2);
  EXPECT_EQ(latents.width, 3);
  EXPECT_THAT(latents.values, ElementsAre(0, 2, 4, 1, 3, 5));
}

}  // namespace
}  // namespace deepcache_gen
