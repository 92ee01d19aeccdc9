#include "text/clip_normalizer.h"

#include <gtest/gtest.h>

#include <chrono>

namespace deepcache_gen {
namespace {

TEST(ClipNormalizer, ComposesAndLowersCase) {
  EXPECT_EQ(clip_normalized(U"E\u0301COLE"), U"\u00E9cole");
  EXPECT_EQ(clip_normalized(U"\u1112\u1161\u11AB"), U"\uD55C");
  EXPECT_EQ(clip_normalized(U"\u212B \u2126"), U"\u00E5 \u03C9");
}

TEST(ClipNormalizer, LeavesCompatibilityFormsAndCompositionExclusions) {
  EXPECT_EQ(clip_normalized(U"\uFB01 \u00B2"), U"\uFB01 \u00B2");
  EXPECT_EQ(clip_normalized(U"\u0958"), U"\u0915\u093C");
}

TEST(ClipNormalizer, OrdersMarksByCombiningClass) {
  EXPECT_EQ(clip_normalized(U"q\u0307\u0323"), U"q\u0323\u0307");
  EXPECT_EQ(clip_normalized(U"a\u0307\u0323"), U"\u1EA1\u0307");
}

TEST(ClipNormalizer, LowersCaseWithoutRegardToNeighbours) {
  EXPECT_EQ(clip_normalized(U"\u03A3\u039F\u03A3"), U"\u03C3\u03BF\u03C3");
  EXPECT_EQ(clip_normalized(U"\u0130x"), U"i\u0307x");
}

// In time quadratic in the marks this would take minutes.
TEST(ClipNormalizer, OrdersManyMarksFast) {
  std::u32string marks = U"x";
  for (int i = 0; i < 200000; ++i) marks += i % 2 == 0 ? U'\u0307' : U'\u0323';
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(clip_normalized(marks).size(), 200000u);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
}

}  // namespace
}  // namespace deepcache_gen
