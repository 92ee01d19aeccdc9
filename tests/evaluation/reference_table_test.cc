#include "evaluation/reference_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace deepcache_gen {
namespace {

using testing::DoubleNear;

TEST(ReferenceRatio, IsThatOfTheDocumentation) {
  EXPECT_THAT(reference_ratio(512, 1, uniform_caching(3, 0)).value_or(0), DoubleNear(2.33, 0.005));
  EXPECT_THAT(reference_ratio(512, 1, uniform_caching(5, 1)).value_or(0), DoubleNear(2.35, 0.005));
  EXPECT_THAT(reference_ratio(1024, 1, uniform_caching(5, 0)).value_or(0), DoubleNear(3.12, 0.005));
  EXPECT_FALSE(reference_ratio(256, 1, uniform_caching(3, 0)));
  EXPECT_FALSE(reference_ratio(512, 1, uniform_caching(4, 0)));
}

}  // namespace
}  // namespace deepcache_gen
