#include "schedulers/schedules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace deepcache_gen {
namespace {

// Computed by hand from equation 5 of Karras et al. (arXiv 2206.00364): the middle is ((a + b) / 2)^7 for a^7 and b^7.
TEST(KarrasSigmas, AreSpreadEvenlyInTheSeventhRoot) {
  const NoiseSchedule training{SchedulerConfig()};
  const std::vector<double> sigmas = karras_sigmas({training, 128, 1, 3, AlignedSteps::none});
  ASSERT_EQ(sigmas.size(), 3u);
  EXPECT_NEAR(sigmas[0], 128, 1e-9);
  EXPECT_NEAR(sigmas[1], std::pow(1.5, 7), 1e-9);
  EXPECT_NEAR(sigmas[2], 1, 1e-9);
  EXPECT_THAT(karras_sigmas({training, 128, 1, 1, AlignedSteps::none}),
              testing::ElementsAre(testing::DoubleNear(128, 1e-9)));
}

}  // namespace
}  // namespace deepcache_gen
