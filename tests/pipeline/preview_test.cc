#include "pipeline/preview.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace deepcache_gen {
namespace {

// Red and green are the two channels; blue is their difference and a half.
const PreviewMap kMap{{{{1, 0}, {0, 1}, {1, -1}}}, {0, 0, 0.5}};

int sample(const Image& image, int x, int y, int colour) {
  return image.pixels[static_cast<std::size_t>((y * image.width + x) * 3 + colour)];
}

TEST(PreviewImage, MapsEveryLatentToAColour) {
  const at::Tensor latents = at::tensor({0.0f, 1.0f, 0.2f, 0.4f}).view({1, 2, 1, 2});
  const Image image = preview_image(kMap, latents, 1);
  ASSERT_EQ(image.width, 2);
  ASSERT_EQ(image.height, 1);
  EXPECT_EQ(image.pixels, (std::vector<std::uint8_t>{0, 51, 76, 255, 102, 255})) << "0.3 and 1.1 of blue";
}

TEST(PreviewImage, PutsABatchSideBySide) {
  const at::Tensor latents = at::stack({at::zeros({2, 3, 2}), at::ones({2, 3, 2})});
  const Image image = preview_image(kMap, latents, 4);
  ASSERT_EQ(image.width, 2 * 2 * 4);
  ASSERT_EQ(image.height, 3 * 4);
  for (const int x : {0, 7}) EXPECT_EQ(sample(image, x, 5, 0), 0);
  for (const int x : {8, 15}) EXPECT_EQ(sample(image, x, 5, 0), 255) << "images do not blend into each other";
}

TEST(PreviewImage, TakesHalfPrecision) {
  const Image image = preview_image(kMap, at::ones({1, 2, 1, 1}).to(at::kBFloat16), 1);
  EXPECT_EQ(image.pixels, (std::vector<std::uint8_t>{255, 255, 128}));
}

TEST(PreviewScale, IsSmallAndNeverLargerThanThePicture) {
  EXPECT_EQ(preview_scale(at::empty({1, 4, 64, 64}), 8), 4);
  EXPECT_EQ(preview_scale(at::empty({1, 4, 96, 128}), 8), 2);
  EXPECT_EQ(preview_scale(at::empty({1, 4, 16, 16}), 8), 8);
  EXPECT_EQ(preview_scale(at::empty({1, 4, 512, 512}), 8), 1);
}

}  // namespace
}  // namespace deepcache_gen
