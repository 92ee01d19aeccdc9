#include "cli/output/plan_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cli/output/example_run.h"

namespace deepcache_gen {
namespace {

TEST(PlanTable, ListsEveryStep) {
  GenerationPlan plan = example_plan(2);
  plan.passes[0].calls[3].timestep = 0.5;
  EXPECT_EQ(
      plan_table(plan, "scenes"),
      "scenes: 2 images of 16x8, 4 steps of ddim (discrete), guidance 7.5, interval 2, branch 1 (2 full, 2 cached), "
      "seed 7\n"
      " step  timestep      sigma  kind    branch  halves\n"
      "    0       751     8.5000  full                 2\n"
      "    1       501     6.5000  cached       1       2\n"
      "    2       251     4.5000  full                 2\n"
      "    3       0.5     2.5000  cached       1       2");
}

TEST(PlanTable, SaysWhichCallsRunOneHalf) {
  GenerationPlan plan = example_plan();
  for (PlannedCall& call : plan.passes[0].calls) call.choice.holds_guidance = true;
  const std::string table = plan_table(plan, "scenes");
  EXPECT_THAT(table, testing::HasSubstr("full                 2\n"));
  EXPECT_TRUE(table.ends_with("cached       1       1")) << table;
}

TEST(PlanTable, SpellsOutTheModelsName) {
  EXPECT_TRUE(plan_table(example_plan(), "a\x1b\n").starts_with("a\\x1b\\n: 1 image"));
}

TEST(PlanJson, HasSettingsAndSteps) {
  const nlohmann::json object = nlohmann::json::parse(plan_json(example_plan(), "scenes", {}));
  EXPECT_EQ(object["sampler"], "ddim");
  EXPECT_TRUE(object["negative_prompt"].is_null());
  EXPECT_TRUE(object["batch_size"].is_null());
  EXPECT_EQ(object["full_steps"], 2);
  ASSERT_EQ(object["plan"].size(), 4u);
  EXPECT_EQ(object["plan"][1],
            nlohmann::json::parse(R"({"index":1,"timestep":501.0,"sigma":6.5,"kind":"cached","branch":1,"halves":2})"));
}

}  // namespace
}  // namespace deepcache_gen
