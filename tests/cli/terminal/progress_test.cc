#include "cli/terminal/progress.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "cli/output/example_run.h"

namespace deepcache_gen {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

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
  plan_.passes[0].width += 64;
  rate.begin_batch({&plan_, 1, 1, 2});
  EXPECT_EQ(rate.seconds_left(), 0);
}

// The second pass is of four times the pixels.
TEST_F(StepRateTest, TimesPassesApart) {
  plan_.passes.push_back(plan_.passes[0]);
  plan_.passes[0].width = plan_.passes[0].height = 64;
  plan_.passes[1].width = plan_.passes[1].height = 128;
  StepRate rate = rate_for(1, 1);
  rate.add(example_step(0, 1.0));
  rate.add(example_step(1, 0.25));
  EXPECT_DOUBLE_EQ(rate.seconds_left(), 1.25 + 4 * 2.5);
  rate.add(example_step(2, 1.0));
  rate.add(example_step(3, 0.25));
  rate.add(example_step(4, 3.0));
  EXPECT_DOUBLE_EQ(rate.seconds_left(), 3.0 + 2 * 3.0) << "cached steps of this pass are not known yet";
}

std::string line_after_two_steps(int columns) {
  const GenerationPlan plan = example_plan();
  const BatchPlace place{&plan, 0, 1, 1};
  StepRate rate;
  rate.begin_batch(place);
  rate.add(example_step(0, 1.0));
  rate.add(example_step(1, 0.25));
  return bar_line(example_step(1, 0.25), place, rate, columns);
}

TEST(BarLine, FillsTheTerminal) {
  EXPECT_EQ(line_after_two_steps(60), "image 1/1 [#########---------] 2/4 cached 1.6 it/s 0:02 left");
  EXPECT_LE(line_after_two_steps(500).size(), 100u);
}

TEST(BarLine, LeavesOutWhatDoesNotFit) {
  EXPECT_EQ(line_after_two_steps(40), "image 1/1 2/4 cached 1.6 it/s 0:02 left");
  EXPECT_EQ(line_after_two_steps(32), "2/4 cached 1.6 it/s 0:02 left");
  EXPECT_EQ(line_after_two_steps(24), "2/4 1.6 it/s 0:02 left");
  for (int columns = 0; columns < 120; ++columns) {
    EXPECT_LE(line_after_two_steps(columns).size(), static_cast<std::size_t>(columns));
  }
}

TEST(ProgressBar, DrawsOneLineAgainAndTakesItAway) {
  std::ostringstream out;
  int columns = 40;
  const GenerationPlan plan = example_plan();
  {
    ProgressBar bar(out, [&] { return columns; });
    bar.begin_batch({&plan, 0, 1, 1});
    bar.on_step(example_step(0, 1.0));
    columns = 30;
    bar.on_step(example_step(1, 0.25));
  }
  EXPECT_EQ(out.str(),
            "\r\x1b[Kimage 1/1 1/4 full   1 it/s 0:03 left"
            "\r\x1b[K2/4 cached 1.6 it/s 0:02 left"
            "\r\x1b[K");
}

TEST(ProgressBar, DrawsFastStepsRarelyButTheLastAlways) {
  std::ostringstream out;
  const GenerationPlan plan = example_plan();
  ProgressBar bar(out, [] { return 80; });
  bar.begin_batch({&plan, 0, 1, 1});
  for (int i = 0; i < 4; ++i) bar.on_step(example_step(i, 0.001));
  EXPECT_THAT(out.str(), AllOf(HasSubstr(" 1/4 "), Not(HasSubstr(" 2/4 ")), HasSubstr(" 4/4 ")));
}

TEST(ProgressBar, ClearsOnlyWhatItDrew) {
  std::ostringstream out;
  ProgressBar bar(out, [] { return 80; });
  bar.clear();
  EXPECT_EQ(out.str(), "");
}

std::string lines_for(int steps, std::optional<int> total = 1) {
  std::ostringstream out;
  GenerationPlan plan = example_plan();
  plan.passes[0].calls.assign(static_cast<std::size_t>(steps), {0, 1, 1, {StepKind::full}});
  ProgressLines progress(out);
  progress.begin_batch({&plan, 0, 1, total});
  for (int i = 0; i < steps; ++i) progress.on_step({i, steps, {StepKind::full}, 0.5, 1, {}});
  progress.clear();
  return out.str();
}

TEST(ProgressLines, SaysAQuarterAtATime) {
  EXPECT_EQ(lines_for(8),
            "image 1/1: step 2/8, 2 it/s, 0:03 left\n"
            "image 1/1: step 4/8, 2 it/s, 0:02 left\n"
            "image 1/1: step 6/8, 2 it/s, 0:01 left\n"
            "image 1/1: step 8/8, 2 it/s, 0:00 left\n");
}

TEST(ProgressLines, SaysOneLineForEachOfManyBatches) {
  EXPECT_EQ(lines_for(8, 3), "image 1/3: step 8/8, 2 it/s, 0:08 left\n");
  EXPECT_EQ(lines_for(8, {}), "image 1: step 8/8, 2 it/s, 0:00 left\n");
}

TEST(ProgressLines, StaysShortAndPlain) {
  for (int steps : {1, 2, 3, 21, 50, 1000}) {
    const std::string lines = lines_for(steps);
    EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), std::min(steps, 4));
    EXPECT_EQ(lines.find_first_of("\r\x1b"), std::string::npos);
  }
}

}  // namespace
}  // namespace deepcache_gen
