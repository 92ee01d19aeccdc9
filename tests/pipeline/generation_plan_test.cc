#include "pipeline/generation_plan.h"

#include <gtest/gtest.h>

namespace deepcache_gen {
namespace {

GenerationSettings settings(const std::string& sampler, int steps, int interval) {
  GenerationSettings settings{};
  settings.scheduler.sampler = sampler;
  settings.scheduler.sigma_schedule = "discrete";
  settings.width = 64;
  settings.height = 32;
  settings.steps = steps;
  settings.cache = uniform_caching(interval, 2);
  return settings;
}

TEST(PlanGeneration, MarksEveryCallOfTheSampler) {
  const GenerationPlan plan = plan_generation(settings("ddim", 10, 3));
  ASSERT_EQ(plan.calls(), 10);
  EXPECT_EQ(plan.call(0).timestep, 901);
  EXPECT_EQ(plan.call(9).timestep, 1);
  EXPECT_EQ(plan.call(3).choice.kind, StepKind::full);
  EXPECT_EQ(plan.call(4).choice, (Choice{StepKind::cached, 2}));
  EXPECT_GT(plan.call(0).sigma, plan.call(9).sigma);
  EXPECT_EQ(plan.count(StepKind::full), 4);
  EXPECT_EQ(plan.count(StepKind::cached), 6);
}

TEST(PlanGeneration, TextToImageIsOnePassFromNoise) {
  const GenerationPlan plan = plan_generation(settings("ddim", 10, 3));
  ASSERT_EQ(plan.passes.size(), 1u);
  EXPECT_EQ(plan.passes[0].start, Start::noise);
  EXPECT_EQ(plan.passes[0].width, 64);
  EXPECT_EQ(plan.passes[0].height, 32);
  EXPECT_EQ(plan.passes[0].steps, 10);
  EXPECT_FALSE(plan.passes[0].refines);
}

TEST(GenerationPlan, CountsCallsOverAllPasses) {
  GenerationPlan plan = plan_generation(settings("ddim", 10, 3));
  plan.passes.push_back(plan.passes[0]);
  plan.passes[0].calls.resize(4);
  EXPECT_EQ(plan.calls(), 14);
  EXPECT_EQ(plan.call(4).index, 0);
  EXPECT_EQ(plan.call(13).index, 9);
  EXPECT_EQ(plan.count(StepKind::full), 2 + 4);
  EXPECT_THROW(plan.call(14), std::out_of_range);
}

// The Python helper finds a step by its timestep and so loses full steps where pndm repeats one; a counter does not.
TEST(PlanGeneration, CountsCallsWherePndmRepeatsATimestep) {
  const GenerationPlan plan = plan_generation(settings("pndm", 10, 2));
  ASSERT_EQ(plan.calls(), 11);
  EXPECT_EQ(plan.call(1).timestep, plan.call(2).timestep);
  for (int i = 0; i < plan.calls(); ++i) {
    EXPECT_EQ(plan.call(i).choice.kind, i % 2 == 0 ? StepKind::full : StepKind::cached) << i;
  }
}

// What a sampler's way has in the middle is dense or sparse there too, wherever a pass begins.
TEST(PlanGeneration, FollowsTheCurveOfTheWayInAPassThatBeginsInItsMiddle) {
  GenerationSettings curved = settings("ddim", 30, 1);
  curved.cache = {"curve", {{"full", 10}, {"branch", 0}}, {}, {30, {}}};
  const PlacedCalls whole = plan_generation(curved).full_calls();
  EXPECT_EQ(whole, (PlacedCalls{{0, 1, 3, 5, 8, 11, 14, 18, 21, 26}}));
  curved.init_picture = InputPicture{};
  curved.strength = 0.5;
  EXPECT_EQ(plan_generation(curved).full_calls(), (PlacedCalls{{0, 3, 6, 11}})) << "18, 21 and 26, and the first";
}

TEST(GenerationPlan, CountsHalvesAsGuidanceAndChoiceSay) {
  GenerationPlan plan;
  plan.settings.guidance_scale = 5;
  const Choice held{StepKind::cached, 0, true};
  EXPECT_EQ(plan.halves({}), 2);
  EXPECT_EQ(plan.halves({StepKind::cached, 0}), 2);
  EXPECT_EQ(plan.halves(held), 1);
  EXPECT_EQ(plan.halves({StepKind::cached, 0, false, 0, Reuse::denoised}), 0);
  plan.settings.guidance_scale = 1;
  EXPECT_EQ(plan.halves({}), 1);
}

}  // namespace
}  // namespace deepcache_gen
