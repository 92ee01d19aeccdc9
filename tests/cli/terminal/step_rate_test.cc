#include "cli/terminal/step_rate.h"

#include <gtest/gtest.h>

#include "cli/output/example_run.h"

namespace deepcache_gen {
namespace {

class StepRateTest : public testing::Test {
 protected:
  StepRate rate_for(int images, std::optional<int> total) {
    StepRate rate;
    rate.begin_batch({&plan_, 0, images, total});
    return rate;
  }

  GenerationPlan plan_ = example_plan();
};

TEST_F(StepRateTest, KnowsNothingBeforeTheFirstStep) {
  const StepRate rate = rate_for(1, 1);
  EXPECT_EQ(rate.steps_per_second(), 0);
  EXPECT_EQ(rate.seconds_left(), 0);
}

TEST_F(StepRateTest, TimesFullAndCachedStepsApart) {
  StepRate rate = rate_for(1, 1);
  rate.add(example_step(0, 1.0));
  EXPECT_DOUBLE_EQ(rate.seconds_left(), 3.0);  // cached steps are not known yet
  rate.add(example_step(1, 0.25));
  EXPECT_DOUBLE_EQ(rate.seconds_left(), 1.25);
  EXPECT_DOUBLE_EQ(rate.steps_per_second(), 2 / 1.25);
  rate.add(example_step(2, 1.0));
  rate.add(example_step(3, 0.25));
  EXPECT_DOUBLE_EQ(rate.seconds_left(), 0);
}

TEST_F(StepRateTest, CountsTheBatchesToCome) {
  StepRate rate = rate_for(2, 3);
  rate.add(example_step(0, 1.0, 2));
  rate.add(example_step(1, 0.25, 2));
  EXPECT_DOUBLE_EQ(rate.seconds_left(), 1.25 + 2.5 / 2);
}

TEST_F(StepRateTest, LooksNoFartherThanTheBatchOfAStream) {
  StepRate rate = rate_for(2, {});
  rate.add(example_step(0, 1.0, 2));
  EXPECT_DOUBLE_EQ(rate.seconds_left(), 3);
}

TEST_F(StepRateTest, RemembersBatchesOfTheSameKind) {
  StepRate rate = rate_for(1, 2);
  rate.add(example_step(0, 1.0));
  rate.add(example_step(1, 0.25));
  rate.begin_batch({&plan_, 1, 1, 2});
  EXPECT_DOUBLE_EQ(rate.seconds_left(), 2.5);
  plan_.settings.width *= 2;
  rate.begin_batch({&plan_, 1, 1, 2});
  EXPECT_EQ(rate.seconds_left(), 0);
}

}  // namespace
}  // namespace deepcache_gen
