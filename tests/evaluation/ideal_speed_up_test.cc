#include "evaluation/ideal_speed_up.h"

#include <gtest/gtest.h>

#include "caching/policy_table.h"

namespace deepcache_gen {
namespace {

// Stable Diffusion 2.1 at 512x512, as counted on diffusers' modules: 402 G multiply-adds in a full pass, 31.75 G and 90
// G in cached ones at branch 0 and 1, 1257 G for the VAE and 22.6 G for a prompt.
ModelInfo stable_diffusion() {
  ModelArithmetic arithmetic;
  arithmetic.unet.down = {{31.75e9}, {58.25e9}};
  arithmetic.unet.up = {{0}, {0}};
  arithmetic.unet.mid = {312e9};
  arithmetic.decoder = {0, 1257e9 / 4096, 0};
  arithmetic.text = 22.6e9;
  ModelInfo model;
  model.vae_scale = 8;
  model.arithmetic = arithmetic;
  return model;
}

GenerationPlan plan(int interval, int branch, int images = 1, double guidance_scale = 7.5) {
  GenerationPlan plan;
  plan.settings.width = plan.settings.height = 512;
  plan.settings.guidance_scale = guidance_scale;
  plan.settings.image_count = images;
  plan.settings.cache = uniform_caching(interval, branch);
  Pass& pass = plan.passes.emplace_back(Pass{.width = 512, .height = 512});
  for (const Choice& choice : choose_calls(plan.settings.cache, {.count = 50, .way = 50})) {
    pass.calls.push_back({static_cast<int>(pass.calls.size()), 0, 0, choice});
  }
  return plan;
}

TEST(IdealSpeedUp, IsThatOfTheReferenceFigures) {
  const ModelInfo model = stable_diffusion();
  EXPECT_EQ(ideal_speed_up(model, plan(1, 0)), 1);
  EXPECT_NEAR(*ideal_speed_up(model, plan(3, 0)), 2.43, 0.01);
  EXPECT_NEAR(*ideal_speed_up(model, plan(5, 0)), 3.50, 0.01);
  EXPECT_NEAR(*ideal_speed_up(model, plan(5, 1)), 2.51, 0.01);
}

TEST(IdealSpeedUp, TextIsEncodedOncePerBatch) {
  ModelInfo model = stable_diffusion();
  model.arithmetic->decoder = {};
  model.arithmetic->text = 402e9;
  // 50 steps, 10 of them full, of both halves: (100 + 2) / (20 + 80 * 31.75 / 402 + 2) with the text of one image.
  EXPECT_NEAR(*ideal_speed_up(model, plan(5, 0)), 102 / (22 + 80 * 31.75 / 402), 1e-9);
  EXPECT_NEAR(*ideal_speed_up(model, plan(5, 0, 4)), 402 / (82 + 320 * 31.75 / 402), 1e-9);
}

// The refiner's passes cost what its own UNet does.
TEST(IdealSpeedUp, CountsTheRefinersUNet) {
  ModelInfo model = stable_diffusion(), refiner = stable_diffusion();
  model.arithmetic->decoder = {};
  model.arithmetic->text = 0;
  refiner.arithmetic->unet.mid.constant = 402e9 + 312e9;  // so that it is twice as much
  GenerationPlan refined = plan(5, 0);
  refined.passes.push_back(refined.passes[0]);
  refined.passes[1].refines = true;
  model.refiner = std::make_shared<const ModelInfo>(refiner);
  // Of each 50 calls 10 are full.
  EXPECT_NEAR(*ideal_speed_up(model, refined), (50 + 100) / (10 + 20 + 80 * 31.75 / 402), 1e-9);
  refiner.arithmetic.reset();
  model.refiner = std::make_shared<const ModelInfo>(refiner);
  EXPECT_FALSE(ideal_speed_up(model, refined));
}

TEST(IdealSpeedUp, WithoutGuidanceThereIsOneHalf) {
  // Half the UNet's work, and all of the VAE's, which nothing makes faster.
  EXPECT_LT(*ideal_speed_up(stable_diffusion(), plan(5, 0, 1, 1.0)), *ideal_speed_up(stable_diffusion(), plan(5, 0)));
}

TEST(IdealSpeedUp, ACachedCallThatHoldsGuidanceRunsOneHalf) {
  GenerationPlan half = plan(5, 0);
  for (PlannedCall& call : half.passes[0].calls) call.choice.holds_guidance = true;
  const ModelInfo model = stable_diffusion();
  const double both = 2 * 50 * 402, fewer = 10 * 2 * 402 + 40 * 31.75, rest = 1257 + 2 * 22.6;
  EXPECT_NEAR(*ideal_speed_up(model, half), (both + rest) / (fewer + rest), 1e-9);
}

// A net of two rungs that costs 100 G for each half of a full call, 10 of them for a cached one at branch 0.
std::shared_ptr<const ModelInfo> control_net() {
  ModelInfo net;
  net.control_net = ControlNetInfo{.rungs = 2};
  net.control_arithmetic = ControlArithmetic{{}, {50e9}, {80e9}, {{10e9}, {10e9}}};
  return std::make_shared<const ModelInfo>(net);
}

TEST(IdealSpeedUp, CountsWhatControlNetsRun) {
  const ModelInfo model = stable_diffusion();
  const double rest = 1257 + 2 * 22.6 + 50, uncached = 100 * 502 + rest;
  const auto cached_by = [&](double full, double cached) { return 20 * (402 + full) + 80 * (31.75 + cached) + rest; };
  GenerationPlan steered = plan(5, 0);
  steered.settings.control_nets = {{.net = control_net()}};
  EXPECT_NEAR(*ideal_speed_up(model, steered), uncached / cached_by(100, 10), 1e-9);
  steered.settings.control_cache = ControlCache::full;
  EXPECT_NEAR(*ideal_speed_up(model, steered), uncached / cached_by(100, 100), 1e-9);
  steered.settings.control_cache = ControlCache::held;
  EXPECT_NEAR(*ideal_speed_up(model, steered), uncached / cached_by(100, 0), 1e-9);
  steered.settings.control_cache = ControlCache::shallow;
  steered.settings.control_guess = true;  // of one half
  EXPECT_NEAR(*ideal_speed_up(model, steered), (100 * 452 + rest) / cached_by(50, 5), 1e-9);
}

TEST(IdealSpeedUp, CountsControlNetsWhereTheyTakePart) {
  const ModelInfo model = stable_diffusion();
  GenerationPlan steered = plan(1, 0);
  const double plain = *plan_multiply_adds(model, steered);
  steered.settings.control_nets = {{.net = control_net(), .end = 0.5}};
  EXPECT_NEAR(*plan_multiply_adds(model, steered) - plain, 25 * 2 * 100e9 + 50e9, 1);
  ModelInfo uncounted = *control_net();
  uncounted.control_arithmetic.reset();
  steered.settings.control_nets[0].net = std::make_shared<const ModelInfo>(uncounted);
  EXPECT_FALSE(plan_multiply_adds(model, steered));
}

TEST(IdealSpeedUp, IsUnknownOfAModelThatDoesNotSayWhatItCosts) {
  EXPECT_FALSE(ideal_speed_up(ModelInfo{}, plan(3, 0)));
}

}  // namespace
}  // namespace deepcache_gen
