#include "cli/terminal/progress_lines.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "cli/output/example_run.h"

namespace deepcache_gen {
namespace {

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
