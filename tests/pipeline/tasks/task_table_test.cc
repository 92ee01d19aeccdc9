#include "pipeline/tasks/task_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/error.h"

namespace deepcache_gen {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Key;
using testing::ThrowsMessage;

ModelInfo with_parts(const std::vector<std::string>& roles) {
  ModelInfo model{.name = "tiny"};
  for (const std::string& role : roles) {
    model.parts[role] = {role + ".pt", {}};
    model.files[role + ".pt"] = {.size = 3, .sha256 = std::string(64, 'a'), .same_as = {}};
    if (is_text_encoder(role)) model.text_encoders[role] = {};
  }
  return model;
}

GenerationSettings settings_of(const std::string& sampler, int steps) {
  GenerationSettings settings{};
  settings.scheduler.sampler = sampler;
  settings.scheduler.sigma_schedule = "discrete";
  settings.width = 64;
  settings.height = 32;
  settings.steps = steps;
  settings.cache = uniform_caching(3, 2);
  return settings;
}

GenerationSettings from_picture(GenerationSettings settings, double strength) {
  settings.init_picture = InputPicture{"a.png", "", 64, 32};
  settings.strength = strength;
  return settings;
}

TEST(ModelIdentities, CoverWhatEachTaskReads) {
  const ModelInfo model = with_parts({kUNet, kVaeDecoder, kVaeEncoder, "text_encoder", "text_encoder_2", "other"});
  ModelIdentities identities(model);
  EXPECT_THAT(identities.of({})->parts,
              ElementsAre(Key("text_encoder"), Key("text_encoder_2"), Key("unet"), Key("vae_decoder")));
  EXPECT_THAT(
      identities.of(from_picture({}, 1))->parts,
      ElementsAre(Key("text_encoder"), Key("text_encoder_2"), Key("unet"), Key("vae_decoder"), Key("vae_encoder")));
}

TEST(ModelIdentities, CoverTheEncoderWhereAPictureIsEnlargedByItsPixels) {
  const ModelInfo model = with_parts({kUNet, kVaeDecoder, kVaeEncoder});
  ModelIdentities identities(model);
  GenerationSettings settings;
  settings.hires = HiresSettings{.upscaler = "latent"};
  EXPECT_FALSE(identities.of(settings)->parts.contains(kVaeEncoder));
  settings.hires->upscaler = "lanczos";
  EXPECT_TRUE(identities.of(settings)->parts.contains(kVaeEncoder));
}

TEST(ModelIdentities, CoverTheRefiner) {
  ModelInfo model = with_parts({kUNet, kVaeDecoder, "text_encoder"});
  model.refiner = std::make_shared<const ModelInfo>(with_parts({kUNet, kVaeDecoder, "text_encoder"}));
  ModelIdentities identities(model);
  GenerationSettings settings;
  settings.refiner = RefinerSettings{"tiny", 0.8};
  EXPECT_THAT(identities.of(settings)->parts, ElementsAre(Key("refiner_text_encoder"), Key("refiner_unet"),
                                                          Key("text_encoder"), Key("unet"), Key("vae_decoder")));
  EXPECT_TRUE(identities.of(settings)->settings.contains("refiner"));
}

TEST(ModelIdentities, AreMadeOnceForATask) {
  const ModelInfo model = with_parts({kUNet, kVaeDecoder, "text_encoder"});
  ModelIdentities identities(model);
  EXPECT_EQ(identities.of({}), identities.of({}));
}

TEST(ModelIdentities, NameThePartThatATaskLacks) {
  const ModelInfo model = with_parts({kUNet, kVaeDecoder, "text_encoder"});
  ModelIdentities identities(model);
  EXPECT_NO_THROW(identities.of({}));
  EXPECT_THAT([&] { identities.of(from_picture({}, 1)); },
              ThrowsMessage<Error>(HasSubstr("model tiny has no vae_encoder, which this needs")));
}

TEST(ImageToImage, MakesThePartOfTheStepsThatTheStrengthSays) {
  const auto first = [](const std::string& sampler, int steps, double strength) {
    const std::vector<Pass> passes = plan_generation(from_picture(settings_of(sampler, steps), strength)).passes;
    EXPECT_EQ(passes.size(), 1u);
    EXPECT_EQ(passes[0].start, Start::picture);
    EXPECT_EQ(passes[0].steps, steps);
    return std::pair(passes[0].calls.front().index, static_cast<int>(passes[0].calls.size()));
  };
  EXPECT_EQ(first("ddim", 10, 1), std::pair(0, 10));
  EXPECT_EQ(first("ddim", 10, 0.75), std::pair(3, 7));
  EXPECT_EQ(first("ddim", 50, 0.58), std::pair(22, 28));  // of 28.999... in binary
  EXPECT_EQ(first("pndm", 10, 0.6), std::pair(4, 7));     // one call more than steps, as on the whole way
  EXPECT_EQ(first("heun", 10, 0.6), std::pair(8, 11));
}

TEST(ImageToImage, BeginsWithAFullStep) {
  const GenerationPlan plan = plan_generation(from_picture(settings_of("ddim", 10), 0.5));
  ASSERT_EQ(plan.calls(), 5);
  for (int call = 0; call < plan.calls(); ++call) {
    EXPECT_EQ(plan.call(call).choice.kind, call % 3 == 0 ? StepKind::full : StepKind::cached) << call;
  }
}

TEST(Inpainting, OfTheWholeWayBeginsWithNoise) {
  GenerationSettings settings = from_picture(settings_of("ddim", 10), 1);
  settings.mask = MaskSettings{};
  EXPECT_EQ(plan_generation(settings).passes[0].start, Start::noise);
  settings.strength = 0.9;
  EXPECT_EQ(plan_generation(settings).passes[0].start, Start::picture);
}

TEST(Hires, AddsAPassInItsOwnSizeAndSteps) {
  GenerationSettings settings = settings_of("ddim", 10);
  settings.hires = HiresSettings{.width = 128, .height = 64, .steps = 20, .strength = 0.5};
  const GenerationPlan plan = plan_generation(settings);
  ASSERT_EQ(plan.passes.size(), 2u);
  EXPECT_EQ(plan.passes[0].calls.size(), 10u);
  EXPECT_EQ(plan.passes[1].start, Start::enlarged);
  EXPECT_EQ(plan.passes[1].width, 128);
  EXPECT_EQ(plan.passes[1].height, 64);
  EXPECT_EQ(plan.passes[1].calls.size(), 10u);
  EXPECT_EQ(plan.passes[1].calls[0].index, 10);
  EXPECT_EQ(plan.passes[1].calls[0].choice.kind, StepKind::full);
  EXPECT_EQ(plan.pass_of(9), 0u);
  EXPECT_EQ(plan.pass_of(10), 1u);
}

TEST(Refined, LeavesTheRefinerTheTimestepsBelowItsStart) {
  GenerationSettings settings = settings_of("ddim", 10);
  settings.refiner = RefinerSettings{"refiner", 0.8};
  const GenerationPlan plan = plan_generation(settings);
  ASSERT_EQ(plan.passes.size(), 2u);
  EXPECT_EQ(plan.passes[0].calls.size(), 8u);  // 901 to 201
  EXPECT_FALSE(plan.passes[0].refines);
  EXPECT_TRUE(plan.passes[1].refines);
  EXPECT_EQ(plan.passes[1].start, Start::latents);
  EXPECT_EQ(plan.passes[1].calls[0].timestep, 101);
  EXPECT_EQ(plan.passes[1].calls[0].choice.kind, StepKind::full);
  EXPECT_EQ(plan.passes[1].steps, 10);
}

// What is planned of a policy that looks at the number of calls is what a pass of that many does.
TEST(Refined, PlansTheCachingOfEachPass) {
  GenerationSettings settings = settings_of("ddim", 10);
  settings.refiner = RefinerSettings{"refiner", 0.5};
  settings.cache.policy = "range";
  settings.cache.options = {{"interval", 2}, {"branch", 0}, {"start", 0.6}, {"end", 0.9}};
  const GenerationPlan plan = plan_generation(settings);
  ASSERT_EQ(plan.passes.size(), 2u);
  for (const Pass& pass : plan.passes) {
    ASSERT_EQ(pass.calls.size(), 5U);
    const std::vector<Choice> choices = choose_calls(settings.cache, {.count = 5});
    for (std::size_t call = 0; call < 5; ++call) EXPECT_EQ(pass.calls[call].choice, choices[call]) << call;
  }
  EXPECT_EQ(plan.passes[0].calls[3].choice.kind, StepKind::cached);
}

TEST(Refined, LeavesNeitherWithoutACall) {
  GenerationSettings settings = settings_of("ddim", 3);
  for (const double start : {0.9999, 0.0001}) {
    settings.refiner = RefinerSettings{"refiner", start};
    EXPECT_THAT([&] { plan_generation(settings); }, ThrowsMessage<UsageError>(HasSubstr("of 3 steps leaves"))) << start;
  }
}

TEST(Hires, NamesItsOwnStepsWhereTheyAreTooMany) {
  GenerationSettings settings = settings_of("lcm", 4);
  settings.hires = HiresSettings{.width = 128, .height = 64, .steps = 60, .strength = 0.1};
  EXPECT_THAT([&] { plan_generation(settings); }, ThrowsMessage<UsageError>(HasSubstr("--hires-steps 60: ")));
}

TEST(Refined, MayHaveAllThatAStrengthLeaves) {
  GenerationSettings settings = from_picture(settings_of("ddim", 10), 0.2);
  settings.refiner = RefinerSettings{"refiner", 0.5};
  const GenerationPlan plan = plan_generation(settings);
  ASSERT_EQ(plan.passes.size(), 1u);
  EXPECT_TRUE(plan.passes[0].refines);
  EXPECT_EQ(plan.passes[0].start, Start::picture);
  EXPECT_EQ(plan.calls(), 2);
}

}  // namespace
}  // namespace deepcache_gen
