#include "cli/output/picture_settings.h"

#include <gtest/gtest.h>

#include <functional>

#include "cli/output/example_run.h"

namespace deepcache_gen {
namespace {

const ModelIdentity kModel = example_run().model;

bool same_after(const std::function<void(GenerationSettings&)>& change) {
  GenerationPlan plan = example_plan();
  change(plan.settings);
  return are_settings_of(picture_settings(example_picture("x.png"), kModel), example_picture("x.png", 0, plan), kModel);
}

TEST(PictureSettings, AreThoseOfTheSamePictureInAnotherFile) {
  EXPECT_TRUE(
      are_settings_of(picture_settings(example_picture("x.png"), kModel), example_picture("other.png"), kModel));
}

TEST(PictureSettings, ChangeWithEverythingThatChangesThePicture) {
  EXPECT_FALSE(same_after([](GenerationSettings& s) { s.prompt = "a Boat"; }));
  EXPECT_FALSE(same_after([](GenerationSettings& s) { s.negative_prompt = ""; })) << "SDXL zeroes the unset one";
  EXPECT_FALSE(same_after([](GenerationSettings& s) { s.width = 24; }));
  EXPECT_FALSE(same_after([](GenerationSettings& s) { s.height = 24; }));
  EXPECT_FALSE(same_after([](GenerationSettings& s) { s.steps = 5; }));
  EXPECT_FALSE(same_after([](GenerationSettings& s) { s.guidance_scale = 7.25; }));
  EXPECT_FALSE(same_after([](GenerationSettings& s) { s.scheduler.sampler = "euler"; }));
  EXPECT_FALSE(same_after([](GenerationSettings& s) { s.scheduler.sigma_schedule = "karras"; }));
  EXPECT_FALSE(same_after([](GenerationSettings& s) { s.interval = 3; }));
  EXPECT_FALSE(same_after([](GenerationSettings& s) { s.branch = 0; }));
  EXPECT_FALSE(same_after([](GenerationSettings& s) { s.seed = 8; }));
  const std::string text = picture_settings(example_picture("x.png"), kModel);
  EXPECT_FALSE(are_settings_of(text, example_picture("x.png"), {"other", kModel.unet_sha256}));
  EXPECT_FALSE(are_settings_of(text, example_picture("x.png"), {"scenes", std::string(64, 'b')}));
}

TEST(PictureSettings, DoNotChangeWithHowManyAreMade) {
  EXPECT_TRUE(same_after([](GenerationSettings& s) { s.image_count = 5; }));
  EXPECT_TRUE(same_after([](GenerationSettings& s) { s.batch_size = 5; }));
}

TEST(PictureSettings, HaveNoBranchWithoutCaching) {
  GenerationPlan one = example_plan(), other = example_plan();
  one.settings.interval = other.settings.interval = 1;
  other.settings.branch = 3;
  const std::string text = picture_settings(example_picture("x.png", 0, one), kModel);
  EXPECT_TRUE(are_settings_of(text, example_picture("x.png", 0, other), kModel));
}

TEST(PictureSettings, MayHaveAnySeedWhereNoneWasChosen) {
  GenerationPlan other_seed = example_plan();
  other_seed.settings.seed = 99;
  Picture picture = example_picture("x.png", 0, other_seed);
  picture.seed_chosen = false;
  EXPECT_TRUE(are_settings_of(picture_settings(example_picture("x.png"), kModel), picture, kModel));
}

TEST(PictureSettings, AreNotFoundInRubbish) {
  for (const char* text : {"", "{", "[]", "null", "{}", "\xFF"}) {
    EXPECT_FALSE(are_settings_of(text, example_picture("x.png"), kModel)) << text;
  }
}

}  // namespace
}  // namespace deepcache_gen
