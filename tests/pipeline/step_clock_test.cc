#include "pipeline/step_clock.h"

#include <gtest/gtest.h>

namespace deepcache_gen {
namespace {

TEST(StepClock, SumsStepsAndTakesMediansByKind) {
  StepClock clock;
  for (const double seconds : {9.0, 1.0, 2.0}) clock.add(StepKind::full, seconds);
  for (const double seconds : {0.5, 0.1, 0.3, 0.2}) clock.add(StepKind::cached, seconds);
  Timing timing;
  clock.summarize(timing);
  EXPECT_DOUBLE_EQ(timing.denoise, 13.1);
  EXPECT_DOUBLE_EQ(timing.full_step, 2.0);
  EXPECT_DOUBLE_EQ(timing.cached_step, 0.25);
}

TEST(StepClock, NoCachedStepsHaveNoMedian) {
  StepClock clock;
  clock.add(StepKind::full, 1.0);
  Timing timing;
  clock.summarize(timing);
  EXPECT_EQ(timing.cached_step, 0);
}

}  // namespace
}  // namespace deepcache_gen
