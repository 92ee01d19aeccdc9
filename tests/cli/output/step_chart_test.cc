#include "cli/output/step_chart.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/output/example_comparison.h"

namespace deepcache_gen {
namespace {

using testing::DoubleEq;
using testing::DoubleNear;
using testing::ElementsAre;

TEST(TimeAxis, EndsAtARoundNumberAboveTheLongest) {
  EXPECT_THAT(TimeAxis(0.75).ticks(), ElementsAre(0, DoubleEq(0.2), DoubleEq(0.4), DoubleNear(0.6, 1e-12), 0.8));
  EXPECT_DOUBLE_EQ(TimeAxis(0.75).top(), 0.8);
  EXPECT_DOUBLE_EQ(TimeAxis(1).top(), 1);
  EXPECT_NEAR(TimeAxis(0.0031).top(), 0.004, 1e-12);
  for (const double seconds : {1e-6, 0.0009, 0.02, 7.0, 61.0}) {
    const TimeAxis axis(seconds);
    EXPECT_GE(axis.top(), seconds * (1 - 1e-6));
    EXPECT_LE(axis.ticks().size(), 6u);
    EXPECT_GE(axis.ticks().size(), 2u);
  }
}

TEST(TimeAxis, IsLabelledInMilliseconds) {
  EXPECT_EQ(TimeAxis::label(0.2), "200");
  EXPECT_EQ(TimeAxis::label(0.0005), "0.5");
  EXPECT_EQ(TimeAxis::label(0), "0");
}

TEST(SecondsToShow, ReachToTheLongestStepUnlessItIsAnOutlier) {
  std::vector<ComparedSetting> settings = example_comparison();
  EXPECT_DOUBLE_EQ(seconds_to_show(settings), 0.75);
  settings[1].steps[2].seconds = 1.5;
  EXPECT_DOUBLE_EQ(seconds_to_show(settings), 1.5);
  settings[1].steps[2].seconds = 40;
  EXPECT_LT(seconds_to_show(settings), 4);
  EXPECT_GT(seconds_to_show(settings), 0.75);
}

TEST(SecondsToShow, AreAboveZeroWithoutAnyTime) {
  ComparedSetting setting = example_comparison()[0];
  for (StepReport& step : setting.steps) step.seconds = 0;
  setting.image.timing = {};
  EXPECT_GT(seconds_to_show({setting}), 0);
  setting.steps.clear();
  EXPECT_GT(seconds_to_show({setting}), 0);
}

TEST(DrawSteps, HasABarForEveryStep) {
  const std::vector<StepBar> bars = draw_steps(example_comparison()[1], TimeAxis(0.75), 400, 80);
  ASSERT_EQ(bars.size(), 4u);
  EXPECT_NEAR(bars[0].height, 75, 1e-9);
  EXPECT_NEAR(bars[0].y, 5, 1e-9);
  EXPECT_NEAR(bars[1].height, 25, 1e-9);
  EXPECT_EQ(bars[1].kind, StepKind::cached);
  EXPECT_EQ(bars[3].kind, StepKind::full);
  EXPECT_EQ(bars[1].text, "step 2: cached, 250 ms");
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_GT(bars[i].x, 100.0 * static_cast<double>(i));
    EXPECT_LT(bars[i].x + bars[i].width, 100.0 * static_cast<double>(i + 1));
    EXPECT_FALSE(bars[i].is_cut);
  }
}

TEST(DrawSteps, CutsWhatIsLongerThanTheAxis) {
  ComparedSetting setting = example_comparison()[1];
  setting.steps[2].seconds = 40;
  const StepBar bar = draw_steps(setting, TimeAxis(0.75), 400, 80)[2];
  EXPECT_TRUE(bar.is_cut);
  EXPECT_EQ(bar.height, 80);
  EXPECT_EQ(bar.y, 0);
  EXPECT_EQ(bar.text, "step 3: cached, 40000 ms");
}

}  // namespace
}  // namespace deepcache_gen
