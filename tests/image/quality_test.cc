#include "image/quality.h"

#include <gtest/gtest.h>

#include <cmath>

#include "support/error.h"

namespace deepcache_gen {
namespace {

Image constant(int width, int height, std::uint8_t value) {
  return {width, height, std::vector<std::uint8_t>(static_cast<std::size_t>(width) * height * 3, value)};
}

TEST(Psnr, IsInfiniteForEqualPictures) { EXPECT_TRUE(std::isinf(psnr(constant(3, 2, 9), constant(3, 2, 9)))); }

// A difference of d everywhere: 20 log10(255 / d).
TEST(Psnr, MeasuresTheMeanSquare) {
  EXPECT_NEAR(psnr(constant(3, 2, 0), constant(3, 2, 255)), 0, 1e-12);
  EXPECT_NEAR(psnr(constant(3, 2, 100), constant(3, 2, 110)), 20 * std::log10(25.5), 1e-12);
}

TEST(Ssim, IsOneForEqualPictures) { EXPECT_NEAR(ssim(constant(9, 7, 50), constant(9, 7, 50)), 1, 1e-12); }

// Without variance only the luminance term is left: (2 x y + C1) / (x^2 + y^2 + C1) with C1 = 6.5025.
TEST(Ssim, ComparesLuminance) {
  EXPECT_NEAR(ssim(constant(8, 8, 100), constant(8, 8, 200)), 40006.5025 / 50006.5025, 1e-12);
}

TEST(Quality, RejectsWhatCanNotBeCompared) {
  EXPECT_THROW(psnr(constant(8, 8, 0), constant(8, 9, 0)), Error);
  EXPECT_THROW(ssim(constant(8, 8, 0), constant(9, 8, 0)), Error);
  EXPECT_THROW(ssim(constant(6, 8, 0), constant(6, 8, 0)), Error);
}

}  // namespace
}  // namespace deepcache_gen
