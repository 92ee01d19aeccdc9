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

// The quantiles of scipy.stats.beta(0.6, 0.6): ppf of 0.75 and 0.5.
TEST(BetaSigmas, AreDenseAtBothEnds) {
  const NoiseSchedule training{SchedulerConfig()};
  const std::vector<double> sigmas = beta_sigmas({training, 1, 0, 5, AlignedSteps::none});
  ASSERT_EQ(sigmas.size(), 5u);
  EXPECT_EQ(sigmas[0], 1);
  EXPECT_NEAR(sigmas[1], 0.824319621347305, 1e-12);
  EXPECT_NEAR(sigmas[2], 0.5, 1e-12);
  EXPECT_NEAR(sigmas[3], 1 - 0.824319621347305, 1e-12);
  EXPECT_EQ(sigmas[4], 0);
}

TEST(SimpleSigmas, AreLevelsOfTrainingAtTruncatedPlaces) {
  const NoiseSchedule training{SchedulerConfig()};
  const std::vector<double> sigmas = simple_sigmas({training, 0, 0, 3, AlignedSteps::none});
  EXPECT_THAT(sigmas, testing::ElementsAre(training.sigmas()[999], training.sigmas()[666], training.sigmas()[333]));
}

TEST(AlignYourStepsSigmas, ArePublishedForTenStepsAndEvenInLogSigmaBetween) {
  const NoiseSchedule training{SchedulerConfig()};
  const auto sigmas = [&](int count, AlignedSteps model) {
    return align_your_steps_sigmas({training, 0, 0, count, model});
  };
  EXPECT_THAT(sigmas(10, AlignedSteps::stable_diffusion_1),
              testing::Pointwise(testing::DoubleNear(1e-9),
                                 {14.615, 6.475, 3.861, 2.697, 1.886, 1.396, 0.963, 0.652, 0.399, 0.152}));
  const std::vector<double> twice = sigmas(20, AlignedSteps::stable_diffusion_xl);
  ASSERT_EQ(twice.size(), 20u);
  EXPECT_NEAR(twice[2], 6.315, 1e-9);
  EXPECT_NEAR(twice[1], std::sqrt(14.615 * 6.315), 1e-9);
  EXPECT_NEAR(twice[19], std::sqrt(0.113 * 0.029), 1e-9);
}

}  // namespace
}  // namespace deepcache_gen
