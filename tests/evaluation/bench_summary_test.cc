#include "evaluation/bench_summary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "evaluation/timed_engine.h"

namespace deepcache_gen {
namespace {

BenchCell measured_cell(int steps) {
  GenerationPlan plan = example_plan();
  plan.settings.steps = steps;
  BenchCell cell{512, 1, uniform_caching(3, 0), std::make_shared<const GenerationPlan>(plan)};
  cell.seconds = {4, 1, 2};
  cell.ratios = {2, 3, 2.5};
  return cell;
}

TEST(SummaryOf, HasTheMiddleAndTheSpread) {
  const auto summary = summary_of(measured_cell(20));
  ASSERT_TRUE(summary);
  EXPECT_EQ(summary->median, 2);
  EXPECT_EQ(summary->lowest, 1);
  EXPECT_EQ(summary->highest, 4);
  EXPECT_EQ(summary->ratio, 2.5);
}

TEST(SummaryOf, IsComparedWithTheReferenceAtItsStepsOnly) {
  EXPECT_FALSE(summary_of(measured_cell(20))->reference);
  EXPECT_TRUE(summary_of(measured_cell(50))->reference);
}

TEST(SummaryOf, IsNothingForWhatWasNotMeasured) {
  BenchCell cell = measured_cell(50);
  cell.problem = "out of memory";
  EXPECT_FALSE(summary_of(cell));
  cell.problem = "";
  cell.seconds = {};
  EXPECT_FALSE(summary_of(cell));
}

}  // namespace
}  // namespace deepcache_gen
