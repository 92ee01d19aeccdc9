#include "pipeline/generation_plan.h"

#include <gtest/gtest.h>

namespace deepcache_gen {
namespace {

GenerationSettings settings(const std::string& sampler, int steps, int interval) {
  GenerationSettings settings{};
  settings.scheduler.sampler = sampler;
  settings.scheduler.sigma_schedule = "discrete";
  settings.steps = steps;
  settings.interval = interval;
  settings.branch = 2;
  return settings;
}

TEST(PlanGeneration, MarksEveryCallOfTheSampler) {
  const GenerationPlan plan = plan_generation(settings("ddim", 10, 3));
  ASSERT_EQ(plan.steps.size(), 10u);
  EXPECT_EQ(plan.steps[0].timestep, 901);
  EXPECT_EQ(plan.steps[9].timestep, 1);
  EXPECT_EQ(plan.steps[3].kind, StepKind::full);
  EXPECT_EQ(plan.steps[4].kind, StepKind::cached);
  EXPECT_EQ(plan.cache.branch, 2);
  EXPECT_GT(plan.steps[0].sigma, plan.steps[9].sigma);
}

// The Python helper finds a step by its timestep and so loses full steps where pndm repeats one; a counter does not.
TEST(PlanGeneration, CountsCallsWherePndmRepeatsATimestep) {
  const GenerationPlan plan = plan_generation(settings("pndm", 10, 2));
  ASSERT_EQ(plan.steps.size(), 11u);
  EXPECT_EQ(plan.steps[1].timestep, plan.steps[2].timestep);
  for (const PlannedStep& step : plan.steps) {
    EXPECT_EQ(step.kind, step.index % 2 == 0 ? StepKind::full : StepKind::cached) << step.index;
  }
}

}  // namespace
}  // namespace deepcache_gen
