#include "cli/terminal/step_rate.h"

#include <gtest/gtest.h>

#include "cli/output/example_run.h"

namespace deepcache_gen {
namespace {

StepReport report(int index, double seconds, int first_image = 0, int images = 1) {
  return {index, 4, index % 2 == 0 ? StepKind::full : StepKind::cached, seconds, first_image, images};
}

TEST(StepRate, KnowsNothingBeforeTheFirstStep) {
  const StepRate rate(example_run().plan.cache, 1);
  EXPECT_EQ(rate.steps_per_second(), 0);
  EXPECT_EQ(rate.seconds_left(), 0);
}

TEST(StepRate, TimesFullAndCachedStepsApart) {
  StepRate rate(example_run().plan.cache, 1);
  rate.add(report(0, 1.0));
  EXPECT_DOUBLE_EQ(rate.seconds_left(), 3.0);  // cached steps are not known yet
  rate.add(report(1, 0.25));
  EXPECT_DOUBLE_EQ(rate.seconds_left(), 1.25);
  EXPECT_DOUBLE_EQ(rate.steps_per_second(), 2 / 1.25);
  rate.add(report(2, 1.0));
  rate.add(report(3, 0.25));
  EXPECT_DOUBLE_EQ(rate.seconds_left(), 0);
}

TEST(StepRate, CountsTheBatchesToCome) {
  StepRate rate(example_run().plan.cache, 3);
  rate.add(report(0, 1.0, 0, 2));
  rate.add(report(1, 0.25, 0, 2));
  EXPECT_DOUBLE_EQ(rate.seconds_left(), 1.25 + 2.5 / 2);
}

}  // namespace
}  // namespace deepcache_gen
