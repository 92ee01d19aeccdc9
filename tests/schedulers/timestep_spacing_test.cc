#include "schedulers/timestep_spacing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace deepcache_gen {
namespace {

using testing::ElementsAre;

std::vector<double> spaced(TimestepSpacing spacing, int count) {
  SchedulerConfig config;
  config.timestep_spacing = spacing;
  return spaced_timesteps(config, count);
}

// The values of table 2 of Lin et al. (arXiv 2305.08891) for 10 of 1000 steps; they count timesteps from 1.
TEST(SpacedTimesteps, FollowThePapersTable) {
  EXPECT_THAT(spaced(TimestepSpacing::leading, 10), ElementsAre(901, 801, 701, 601, 501, 401, 301, 201, 101, 1));
  EXPECT_THAT(spaced(TimestepSpacing::trailing, 10), ElementsAre(999, 899, 799, 699, 599, 499, 399, 299, 199, 99));
  EXPECT_THAT(spaced(TimestepSpacing::linspace, 10), ElementsAre(999, 888, 777, 666, 555, 444, 333, 222, 111, 0));
}

TEST(SpacedTimesteps, AreAsManyAsAskedForAndWithinTheModels) {
  for (const TimestepSpacing spacing : {TimestepSpacing::trailing, TimestepSpacing::linspace}) {
    for (int count = 1; count <= 1000; ++count) {
      const std::vector<double> timesteps = spaced(spacing, count);
      ASSERT_EQ(timesteps.size(), static_cast<std::size_t>(count));
      EXPECT_GE(timesteps.back(), 0) << count;
      EXPECT_LE(timesteps.front(), 999) << count;
    }
  }
}

TEST(WholeTimesteps, RoundTiesToEven) {
  SchedulerConfig config;
  config.timestep_spacing = TimestepSpacing::linspace;
  EXPECT_THAT(whole_timesteps(config, 3), ElementsAre(999, 500, 0));
  config.num_train_timesteps = 998;
  EXPECT_THAT(whole_timesteps(config, 3), ElementsAre(997, 498, 0));
}

}  // namespace
}  // namespace deepcache_gen
