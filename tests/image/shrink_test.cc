#include "image/shrink.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace deepcache_gen {
namespace {

using testing::ElementsAre;

TEST(Shrink, AveragesBlocks) {
  // Two blocks side by side: levels 0, 10, 20, 31 (mean 15.25) in red, and one level in the other channels.
  const Image image{4, 2, {0,  100, 200, 10, 100, 200, 8, 8, 8, 8, 8, 8,  //
                           20, 100, 200, 31, 100, 200, 8, 8, 8, 8, 8, 8}};
  const Image small = shrink(image, 2);
  EXPECT_EQ(small.width, 2);
  EXPECT_EQ(small.height, 1);
  EXPECT_THAT(small.pixels, ElementsAre(15, 100, 200, 8, 8, 8));
}

TEST(Shrink, RoundsToTheNearest) {
  EXPECT_THAT(shrink({2, 1, {1, 1, 0, 2, 1, 255}}, 2).pixels, ElementsAre(2, 1, 128));
}

TEST(Shrink, AveragesWhatIsLeftAtTheEnds) {
  const Image image{3, 1, {0, 0, 0, 4, 4, 4, 9, 9, 9}};
  const Image small = shrink(image, 2);
  EXPECT_EQ(small.width, 2);
  EXPECT_EQ(small.height, 1);
  EXPECT_THAT(small.pixels, ElementsAre(2, 2, 2, 9, 9, 9));
}

TEST(Shrink, LeavesAnImageAloneAtOne) {
  const Image image{1, 2, {1, 2, 3, 4, 5, 6}};
  EXPECT_EQ(shrink(image, 1).pixels, image.pixels);
}

}  // namespace
}  // namespace deepcache_gen
