#include "cli/output/picture_content.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <nlohmann/json.hpp>

#include "cli/output/example_run.h"
#include "support/deep_json.h"
#include "support/temporary_folder.h"
#include "support/version.h"

namespace deepcache_gen {
namespace {

using testing::HasSubstr;

const ModelIdentity kModel = example_run().model;

ModelIdentity named(const std::string& name) {
  ModelIdentity model = kModel;
  model.name = name;
  return model;
}

const std::string kLastLine =
    "Steps: 4, Sampler: DDIM, Schedule type: Uniform, CFG scale: 7.5, Seed: 9, Size: 16x8, Model hash: aaaaaaaaaa, "
    "Model: "
    "scenes, DeepCache interval: 2, DeepCache branch: 1, Dtype: fp32, Version: deepcache-gen " +
    std::string(kVersion);

TEST(ParametersText, HasTheFormOfAutomatic1111) {
  GenerationSettings settings = example_plan().settings;
  EXPECT_EQ(parameters_text(settings, kModel, 9, "fp32"), "a boat\n" + kLastLine);
  settings.negative_prompt = "blurry,\nbad";
  settings.prompt = "a boat,\nat sea: blue";
  EXPECT_EQ(parameters_text(settings, kModel, 9, "fp32"),
            "a boat,\nat sea: blue\nNegative prompt: blurry,\nbad\n" + kLastLine);
}

TEST(ParametersText, LeavesOutAnEmptyNegativePrompt) {
  GenerationSettings settings = example_plan().settings;
  settings.negative_prompt = "";
  EXPECT_EQ(parameters_text(settings, kModel, 9, "fp32"), "a boat\n" + kLastLine);
}

TEST(ParametersText, QuotesValuesThatWouldSplitTheLine) {
  const GenerationSettings settings = example_plan().settings;
  EXPECT_THAT(parameters_text(settings, named("a, \"b\": \u6d77"), 9, "fp32"),
              HasSubstr("Model: \"a, \\\"b\\\": \u6d77\", DeepCache"));
}

TEST(ParametersText, UsesTheirNamesWhereTheyHaveOne) {
  GenerationSettings settings = example_plan().settings;
  settings.guidance_scale = 7;
  settings.scheduler.sampler = "dpm++2m";
  settings.scheduler.sigma_schedule = "karras";
  EXPECT_THAT(parameters_text(settings, kModel, 1, "fp32"),
              HasSubstr("Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 7, Seed: 1,"));
  settings.scheduler.sampler = "a_new_one";
  EXPECT_THAT(parameters_text(settings, kModel, 1, "fp32"), HasSubstr("Sampler: a_new_one,"));
}

using nlohmann::json;

FileInfo part(char digit) { return {1, std::string(64, digit), {}}; }

ModelIdentity whole_model() {
  return {.name = "scenes",
          .parts = {{"unet", part('a')}, {"vae_decoder", part('b')}, {"text_encoder", part('c')}},
          .settings = {{"scheduler", {{"beta_start", 0.25}}}}};
}

bool same_model(const ModelIdentity& made_by, const ModelIdentity& model) {
  return are_settings_of(picture_settings(example_picture("x.png"), made_by), example_picture("x.png"), model);
}

// Whether the text of the example picture is taken for its own, with these keys changed in it.
bool same_with(const json& changes, const ModelIdentity& model = kModel) {
  json text = json::parse(picture_settings(example_picture("x.png"), model));
  text.update(changes);
  return are_settings_of(text.dump(), example_picture("x.png"), model);
}

bool same_without(const std::string& key, const ModelIdentity& model = kModel) {
  json text = json::parse(picture_settings(example_picture("x.png"), model));
  EXPECT_EQ(text.erase(key), 1u) << key;
  return are_settings_of(text.dump(), example_picture("x.png"), model);
}

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
  EXPECT_FALSE(same_after([](GenerationSettings& s) { s.cache = uniform_caching(3, 1); }));
  EXPECT_FALSE(same_after([](GenerationSettings& s) { s.cache = uniform_caching(2, 0); }));
  EXPECT_FALSE(same_after([](GenerationSettings& s) { s.seed = 8; }));
}

// Its name says for people which it is, its checksum for programs.
TEST(PictureSettings, NameTheVaeOfAnotherModel) {
  ModelIdentity borrowing = whole_model();
  borrowing.vae = "small";
  EXPECT_THAT(picture_settings(example_picture("x.png"), borrowing), HasSubstr(R"("vae":"small")"));
  EXPECT_TRUE(same_model(borrowing, whole_model()));
  EXPECT_TRUE(same_model(whole_model(), borrowing));
  EXPECT_THAT(parameters_text(example_plan().settings, borrowing, 1, "bf16"),
              HasSubstr("Model hash: aaaaaaaaaa, Model: scenes, VAE: small,"));
}

TEST(PictureSettings, AreTheSameInTilesAndWithout) {
  EXPECT_TRUE(same_after([](GenerationSettings& s) { s.vae_tile_pixels = 512; }));
}

TEST(PictureSettings, ChangeWithEveryPartOfTheModel) {
  EXPECT_TRUE(same_model(whole_model(), whole_model()));
  ModelIdentity other = whole_model();
  other.name = "other";
  EXPECT_FALSE(same_model(whole_model(), other));
  for (const char* name : {"unet", "vae_decoder", "text_encoder"}) {
    other = whole_model();
    other.parts[name] = part('0');
    EXPECT_FALSE(same_model(whole_model(), other)) << name;
  }
  other = whole_model();
  other.parts["text_encoder_2"] = part('d');
  EXPECT_FALSE(same_model(other, whole_model()));
  other = whole_model();
  other.settings["scheduler"]["beta_start"] = 0.5;
  EXPECT_FALSE(same_model(whole_model(), other));
}

TEST(PictureSettings, StayThoseOfAPartThatIsExportedAnew) {
  for (const char* name : {"unet", "vae_decoder", "text_encoder"}) {
    ModelIdentity anew = whole_model();
    anew.parts[name] = part('0');
    anew.parts[name].same_as = {std::string(64, '1'), whole_model().parts.at(name).sha256};
    EXPECT_TRUE(same_model(whole_model(), anew)) << name;
    EXPECT_TRUE(same_model(anew, anew)) << name;
  }
}

TEST(PictureSettings, NeedNotSayOfTheModelWhatOlderProgramsDidNot) {
  EXPECT_TRUE(same_model(kModel, whole_model())) << "the UNet alone";
  for (const char* key : {"vae_decoder_sha256", "text_encoder_sha256", "model_settings"}) {
    EXPECT_TRUE(same_without(key, whole_model())) << key;
  }
  ModelIdentity says_more = whole_model();
  says_more.settings["scheduler"]["rescale_betas_zero_snr"] = false;
  EXPECT_TRUE(same_model(whole_model(), says_more));
  EXPECT_TRUE(same_model(says_more, whole_model()));
}

// They are said only where they are not as usual.
TEST(PictureSettings, AreOthersWhereTheModelsSchedulerIsUnusual) {
  for (const auto& [key, value] : {std::pair<std::string, nlohmann::json>{"rescale_betas_zero_snr", true},
                                   {"solver_order", 1},
                                   {"final_sigmas_type", "sigma_min"},
                                   {"timestep_scaling", 5.0}}) {
    ModelIdentity unusual = whole_model();
    unusual.settings["scheduler"][key] = value;
    EXPECT_FALSE(same_model(whole_model(), unusual)) << key;
    EXPECT_FALSE(same_model(unusual, whole_model())) << key;
    EXPECT_TRUE(same_model(unusual, unusual)) << key;
  }
}

TEST(PictureSettings, SayEverythingElse) {
  for (const char* key : {"prompt", "seed", "width", "height", "steps", "guidance_scale", "sampler", "scheduler",
                          "interval", "branch", "model", "unet_sha256"}) {
    EXPECT_FALSE(same_without(key)) << key;
    EXPECT_FALSE(same_with({{key, nullptr}})) << key;
  }
}

TEST(PictureSettings, AreThoseOfAnotherPictureWhereAKeyIsUnknown) {
  EXPECT_FALSE(same_with({{"clip_skip", 2}}));
  EXPECT_FALSE(same_with({{"clip_skip", false}}));
  EXPECT_TRUE(same_with({{"clip_skip", nullptr}})) << "unset";
}

TEST(PictureSettings, MayStandInAnyOrder) {
  const std::string in_order = picture_settings(example_picture("x.png"), kModel);
  const std::string sorted = json::parse(in_order).dump(2);
  EXPECT_NE(in_order, sorted);
  EXPECT_TRUE(are_settings_of(sorted, example_picture("x.png"), kModel));
}

TEST(PictureSettings, DoNotChangeWithHowManyAreMade) {
  EXPECT_TRUE(same_after([](GenerationSettings& s) { s.image_count = 5; }));
}

TEST(PictureSettings, HaveNoBranchWithoutCaching) {
  GenerationPlan one = example_plan(), other = example_plan();
  one.settings.cache = no_caching();
  other.settings.cache = uniform_caching(1, 3);
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
  EXPECT_FALSE(are_settings_of(R"({"prompt": )" + deep_json(500'000) + "}", example_picture("x.png"), kModel));
  EXPECT_FALSE(same_with({{"unet_sha256", 3}}));
  EXPECT_FALSE(same_with({{"model_settings", "all"}}, whole_model()));
}

// golden/pictures: made by version 0.1.0 with the model `scenes` that came with it, which kept the checksum of the UNet
// only.
ModelIdentity scenes() {
  FileInfo unet, text_encoder;
  unet.sha256 = "eb2763df2bb330a88b0ec60f8dad8a46821f91aa0d3e96a013660ee8ce5d80f5";
  text_encoder.sha256 = "1c724d39e12a60054b838f9c753a356cfd633a577bea66d34aca75967c6a8d4d";
  return {"scenes", {{"unet", unet}, {"text_encoder", text_encoder}}, {{"scaling_factor", 0.9651088706117824}}};
}

GenerationSettings with_caching() {
  GenerationSettings settings{};
  settings.prompt = "a lighthouse by the sea at dusk";
  settings.negative_prompt = "people, \"boats\"";
  settings.width = settings.height = 64;
  settings.steps = 2;
  settings.guidance_scale = 5.5;
  settings.scheduler.sampler = "dpm++2m";
  settings.scheduler.sigma_schedule = "karras";
  settings.cache = uniform_caching(2, 1);
  settings.seed = 7;
  return settings;
}

// Where no flag is given, most are the model's recommendations.
GenerationSettings without_caching() {
  GenerationSettings settings{};
  settings.prompt = "a snowy mountain at night";
  settings.width = 64;
  settings.height = 72;
  settings.steps = 2;
  settings.guidance_scale = 5;
  settings.scheduler.sampler = "ddim";
  settings.scheduler.sigma_schedule = "discrete";
  settings.cache = no_caching();
  settings.seed = 9007199254740993;  // no double is that
  return settings;
}

GenerationSettings in_other_letters() {
  GenerationSettings settings{};
  settings.prompt = "eine Hütte im Wald, 森 🌲";
  settings.negative_prompt = "";
  settings.width = settings.height = 64;
  settings.steps = 1;
  settings.guidance_scale = 1;
  settings.scheduler.sampler = "euler_a";
  settings.scheduler.sigma_schedule = "discrete";
  settings.cache = no_caching();
  settings.seed = 0;
  return settings;
}

Picture older_picture(const std::string& name, const GenerationSettings& settings) {
  GenerationPlan plan;
  plan.settings = settings;
  return example_picture(std::filesystem::path(GOLDEN_DIR) / "pictures" / name, 0, plan);
}

TEST(ExistingPicture, IsTheSameThoughAnOlderProgramMadeIt) {
  EXPECT_EQ(look_for(older_picture("cached.png", with_caching()), scenes()), Existing::same);
  EXPECT_EQ(look_for(older_picture("plain.png", without_caching()), scenes()), Existing::same);
  EXPECT_EQ(look_for(older_picture("unicode.png", in_other_letters()), scenes()), Existing::same);
}

TEST(ExistingPicture, IsDifferentWhereAnOlderProgramMadeAnother) {
  GenerationSettings settings = without_caching();
  settings.seed = 9007199254740992;
  EXPECT_EQ(look_for(older_picture("plain.png", settings), scenes()), Existing::different);
  settings = without_caching();
  settings.negative_prompt = "";
  EXPECT_EQ(look_for(older_picture("plain.png", settings), scenes()), Existing::different);
  ModelIdentity other = scenes();
  other.parts["unet"].sha256 = std::string(64, '0');
  EXPECT_EQ(look_for(older_picture("plain.png", without_caching()), other), Existing::different);
}

TEST(ExistingPicture, IsDifferentWhereItIsNoPicture) {
  const TemporaryFolder folder;
  EXPECT_EQ(look_for(example_picture(folder / "a.png"), scenes()), Existing::nothing);
  write_text(folder / "a.png", "a text");
  EXPECT_EQ(look_for(example_picture(folder / "a.png"), scenes()), Existing::different);
}

}  // namespace
}  // namespace deepcache_gen
