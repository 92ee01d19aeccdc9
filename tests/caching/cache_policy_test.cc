#include "caching/cache_policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace deepcache_gen {
namespace {

using testing::Each;
using testing::ElementsAre;

constexpr StepKind F = StepKind::full;
constexpr StepKind c = StepKind::cached;

TEST(UniformCaching, IsFullEveryIntervalCallsFromTheFirst) {
  EXPECT_THAT(plan_uniform_caching(7, 3, 0).steps, ElementsAre(F, c, c, F, c, c, F));
  EXPECT_THAT(plan_uniform_caching(4, 2, 0).steps, ElementsAre(F, c, F, c));
}

TEST(UniformCaching, IntervalOneIsNoCaching) { EXPECT_THAT(plan_uniform_caching(5, 1, 0).steps, Each(F)); }

TEST(UniformCaching, AnIntervalOverTheCallsHasOneFullStep) {
  const CachePlan plan = plan_uniform_caching(5, 50, 2);
  EXPECT_EQ(plan.count(StepKind::full), 1);
  EXPECT_EQ(plan.count(StepKind::cached), 4);
  EXPECT_EQ(plan.branch, 2);
}

}  // namespace
}  // namespace deepcache_gen
