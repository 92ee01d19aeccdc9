#include "support/median.h"

#include <gtest/gtest.h>

namespace deepcache_gen {
namespace {

TEST(Median, IsTheMiddleOrBetweenTheTwoInTheMiddle) {
  EXPECT_EQ(median({3, 1, 2}), 2);
  EXPECT_EQ(median({4, 1, 2, 3}), 2.5);
  EXPECT_EQ(median({}), 0) << "of nothing";
}

}  // namespace
}  // namespace deepcache_gen
