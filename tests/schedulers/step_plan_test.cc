#include "schedulers/step_plan.h"

#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>

#include "schedulers/config_of.h"
#include "schedulers/sampler_rows.h"

namespace deepcache_gen {
namespace {

std::vector<Step> rest_of(const SchedulerConfig& config, int steps, int first_call) {
  return plan_steps(config, NoiseSchedule(config), steps, first_call);
}

TEST(PlanSteps, EveryCallLeadsToTheLevelOfTheNextAndOpensOneStepForEachAskedFor) {
  for (const SamplerRow& row : sampler_rows()) {
    for (const std::string& schedule : row.schedule_names()) {
      SCOPED_TRACE(std::string(row.name) + " " + schedule);
      const std::vector<Step> steps = plan_steps(config_of(std::string(row.name), schedule), 10);
      std::size_t opened = 0;
      for (std::size_t i = 0; i < steps.size(); ++i) {
        opened += steps[i].opens ? 1 : 0;
        EXPECT_EQ(steps[i].index, static_cast<int>(i));
        if (i > 0) {
          EXPECT_EQ(steps[i - 1].next_sigma, steps[i].sigma);
        }
      }
      EXPECT_EQ(opened, 10u);
      if (row.calls_per_step == 2) {
        EXPECT_EQ(steps.size(), 19u);
      }
    }
  }
}

// The class of samplers decides where the way ends, as in diffusers: at no noise, or at that of timestep 0.
TEST(PlanSteps, EndsWhereTheSamplerDoes) {
  SchedulerConfig config = config_of("ddim");
  EXPECT_NEAR(plan_steps(config, 10).back().next_sigma, std::sqrt(0.00085 / (1 - 0.00085)), 1e-6);
  config.set_alpha_to_one = true;
  EXPECT_EQ(plan_steps(config, 10).back().next_sigma, 0);
  EXPECT_EQ(plan_steps(config_of("euler"), 10).back().next_sigma, 0);
}

TEST(PlanSteps, PndmOpensNoStepWithItsSecondCall) {
  const std::vector<Step> steps = plan_steps(config_of("pndm"), 4);
  ASSERT_EQ(steps.size(), 5u);
  EXPECT_TRUE(steps[0].opens);
  EXPECT_FALSE(steps[1].opens);
  EXPECT_TRUE(steps[2].opens);
}

TEST(PlanSteps, FromTheMiddleOnIsTheRestNumberedAgain) {
  const std::vector<Step> whole = plan_steps(config_of("euler", "karras"), 10);
  const std::vector<Step> rest = rest_of(config_of("euler", "karras"), 10, 4);
  ASSERT_EQ(rest.size(), 6u);
  for (std::size_t i = 0; i < rest.size(); ++i) {
    EXPECT_EQ(rest[i].index, static_cast<int>(i));
    EXPECT_EQ(rest[i].timestep, whole[i + 4].timestep);
    EXPECT_EQ(rest[i].sigma, whole[i + 4].sigma);
    EXPECT_EQ(rest[i].next_sigma, whole[i + 4].next_sigma);
  }
}

TEST(PlanSteps, FromTheMiddleOnOpensASolverStep) { EXPECT_TRUE(rest_of(config_of("pndm"), 10, 1).front().opens); }

TEST(PlanSteps, RefusesToStartWhereThereIsNoCall) {
  EXPECT_THROW(rest_of(config_of("euler"), 10, 10), std::out_of_range);
  EXPECT_THROW(rest_of(config_of("euler"), 10, -1), std::out_of_range);
  EXPECT_NO_THROW(rest_of(config_of("pndm"), 10, 10));
  for (const SamplerRow& row : sampler_rows()) {
    if (row.calls_per_step != 2) continue;
    EXPECT_THROW(rest_of(config_of(std::string(row.name)), 10, 1), std::out_of_range) << row.name;
  }
}

}  // namespace
}  // namespace deepcache_gen
