#include "schedulers/noise_schedule.h"

#include <gtest/gtest.h>

#include <cmath>

#include "support/error.h"

namespace deepcache_gen {
namespace {

SchedulerConfig two_timesteps(BetaSchedule beta_schedule) {
  SchedulerConfig config;
  config.num_train_timesteps = 2;
  config.beta_start = 0.25;
  config.beta_end = 0.64;
  config.beta_schedule = beta_schedule;
  return config;
}

TEST(NoiseSchedule, MultipliesTheAlphas) {
  for (const BetaSchedule beta_schedule : {BetaSchedule::linear, BetaSchedule::scaled_linear}) {
    const NoiseSchedule schedule(two_timesteps(beta_schedule));
    EXPECT_FLOAT_EQ(schedule.alpha_bar(0), 0.75f);
    EXPECT_FLOAT_EQ(schedule.alpha_bar(1), 0.75f * 0.36f);
    EXPECT_FLOAT_EQ(schedule.sigmas()[0], std::sqrt(0.25f / 0.75f));
    EXPECT_THROW(schedule.alpha_bar(2), std::out_of_range);
  }
}

TEST(NoiseSchedule, SpreadsBetasEvenlyInThemselvesOrInTheirRoot) {
  SchedulerConfig config = two_timesteps(BetaSchedule::linear);
  config.num_train_timesteps = 3;
  EXPECT_FLOAT_EQ(NoiseSchedule(config).alpha_bar(1), 0.75f * (1 - 0.445f));
  config.beta_schedule = BetaSchedule::scaled_linear;
  EXPECT_FLOAT_EQ(NoiseSchedule(config).alpha_bar(1), 0.75f * (1 - 0.65f * 0.65f));
}

TEST(NoiseSchedule, EndsWhereTheConfigSays) {
  SchedulerConfig config = two_timesteps(BetaSchedule::linear);
  EXPECT_EQ(NoiseSchedule(config).alpha_bar(-1), NoiseSchedule(config).alpha_bar(0));
  config.set_alpha_to_one = true;
  EXPECT_EQ(NoiseSchedule(config).alpha_bar(-1), 1.0f);
}

TEST(NoiseSchedule, InterpolatesAndClamps) {
  const NoiseSchedule schedule{SchedulerConfig()};
  const std::vector<float>& sigmas = schedule.sigmas();
  EXPECT_DOUBLE_EQ(schedule.sigma_at(7), sigmas[7]);
  EXPECT_NEAR(schedule.sigma_at(7.25), 0.75 * sigmas[7] + 0.25 * sigmas[8], 1e-12);
  EXPECT_DOUBLE_EQ(schedule.sigma_at(-1), sigmas.front());
  EXPECT_DOUBLE_EQ(schedule.sigma_at(1000), sigmas.back());
}

// Where no signal is left, what steps on sigmas needs a little to start from.
TEST(NoiseSchedule, RescaledBetasLeaveNoSignalAtTheEnd) {
  SchedulerConfig config;
  config.rescale_betas_zero_snr = true;
  config.sampler = "ddim";
  EXPECT_EQ(NoiseSchedule(config).alpha_bar(999), 0);
  EXPECT_FLOAT_EQ(NoiseSchedule(config).alpha_bar(0), NoiseSchedule(SchedulerConfig()).alpha_bar(0));
  config.sampler = "euler";
  EXPECT_FLOAT_EQ(NoiseSchedule(config).alpha_bar(999), 1.0f / (1 << 24));
}

TEST(NoiseSchedule, RefusesBetasWhoseNoiseIsNotANumberThatRises) {
  for (const double beta : {1e-30, 0.99}) {
    SchedulerConfig config;
    config.beta_start = beta;
    config.beta_end = beta * 1.0001;
    EXPECT_THROW(NoiseSchedule{config}, Error) << beta;
  }
}

TEST(NoiseSchedule, FindsTheTimestepOfASigma) {
  const NoiseSchedule schedule{SchedulerConfig()};
  for (const int timestep : {0, 1, 500, 998, 999}) {
    EXPECT_NEAR(schedule.timestep_at(schedule.sigma_at(timestep)), timestep, 1e-4);
  }
  const std::vector<float>& sigmas = schedule.sigmas();
  EXPECT_NEAR(schedule.timestep_at(std::sqrt(static_cast<double>(sigmas[500]) * sigmas[501])), 500.5, 1e-4);
  EXPECT_DOUBLE_EQ(schedule.timestep_at(0), 0);
  EXPECT_DOUBLE_EQ(schedule.timestep_at(1000), 999);
}

}  // namespace
}  // namespace deepcache_gen
