#include "cli/output/existing_picture.h"

#include <gtest/gtest.h>

#include "cli/output/example_run.h"
#include "support/temporary_folder.h"

namespace deepcache_gen {
namespace {

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
