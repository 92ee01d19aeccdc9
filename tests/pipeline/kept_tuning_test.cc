#include "pipeline/kept_tuning.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pipeline/picture_costs.h"
#include "support/atomic_file.h"
#include "support/environment_variable.h"
#include "support/error.h"
#include "support/temporary_folder.h"

namespace deepcache_gen {
namespace {

using testing::DoubleNear;
using testing::HasSubstr;
using testing::ThrowsMessage;

const std::string kSha256 = "0123456789abcdef" + std::string(48, 'a');

TunedCaching tuning_of(const std::string& sha256, const std::string& sampler) {
  TunedCaching tuned;
  tuned.unet_sha256 = sha256;
  tuned.sampler = sampler;
  tuned.schedule = "discrete";
  tuned.steps = tuned.calls = 10;
  tuned.guidance_scale = 5;
  tuned.width = tuned.height = 64;
  tuned.device = "cpu";
  tuned.dtype = "fp32";
  tuned.seconds = {true, 1, {0.2, 0.4}, {0.125, 0.25}, 3};
  tuned.front = {{Choice::cached(0), {0, 4}, 1, {}, {}}};
  return tuned;
}

class Tuning : public testing::Test {
 protected:
  Tuning() : home_("XDG_DATA_HOME", (folder_ / "data").string()) {
    model_.folder = folder_ / "model";
    model_.name = "../x y";
    model_.parts[kUNet] = {"unet.pt", {}, {}};
    model_.unets[kUNet] = {};
    model_.unets[kUNet].rungs = 2;
    model_.files["unet.pt"] = {1, kSha256, {}};
  }

  void write(const std::filesystem::path& file, const TunedCaching& tuned) {
    const std::string text = tuned_caching_text(tuned);
    write_file_atomically(file, {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
  }

  TemporaryFolder folder_;
  EnvironmentVariable home_;
  ModelInfo model_;
};

TEST_F(Tuning, OfTheUserWins) {
  EXPECT_EQ(KeptTuning().of(model_), nullptr);
  write(tuned_file_of_model(model_), tuning_of(kSha256, "ddim"));
  EXPECT_EQ(KeptTuning().of(model_)->sampler, "ddim");
  EXPECT_EQ(tuned_file_of_user(model_), folder_ / "data/deepcache-gen/tuned/___x_y-0123456789abcdef.json");
  write(*tuned_file_of_user(model_), tuning_of(kSha256, "euler"));
  EXPECT_EQ(KeptTuning().of(model_)->sampler, "euler");
}

TEST_F(Tuning, IsReadOnceForARun) {
  KeptTuning kept;
  EXPECT_EQ(kept.of(model_), nullptr);
  write(tuned_file_of_model(model_), tuning_of(kSha256, "ddim"));
  EXPECT_EQ(kept.of(model_), nullptr);
}

TEST_F(Tuning, IsForTheUNetThatItWasMadeWith) {
  write(tuned_file_of_model(model_), tuning_of(std::string(64, 'b'), "ddim"));
  EXPECT_THAT([&] { KeptTuning().of(model_); }, ThrowsMessage<Error>(HasSubstr("was tuned with another UNet")));
  model_.files["unet.pt"].same_as = {std::string(64, 'b')};
  EXPECT_NE(KeptTuning().of(model_), nullptr) << "an earlier export of the same weights";
}

// Leading timesteps of 10 steps: 901, 801, ... 1. The knots of those that nothing ran between.
TEST_F(Tuning, PlacesPlainSteps) {
  model_.vae_scale = 8;
  model_.default_width = model_.default_height = 64;
  model_.defaults = {.steps = 10, .guidance_scale = 5, .sampler = "ddim"};
  model_.scheduler = JsonObject(nlohmann::json::parse(R"({
    "sampler": "ddim", "sigma_schedule": "discrete", "num_train_timesteps": 1000, "beta_start": 0.00085,
    "beta_end": 0.012, "beta_schedule": "scaled_linear", "prediction_type": "epsilon", "timestep_spacing": "leading",
    "steps_offset": 1, "set_alpha_to_one": false})"),
                                "model.json: scheduler");
  TunedCaching tuned = tuning_of(kSha256, "ddim");
  const Choice skipped{.kind = StepKind::cached, .reuse = Reuse::denoised};
  tuned.front = {{skipped, {0, 1, 2, 9}, 2, {}, {}}, {Choice::cached(0), {0, 7, 8, 9}, 1, {}, {}}};
  write(tuned_file_of_model(model_), tuned);
  const GenerationRequest request{.prompt = "", .steps = 4, .timesteps_curve = true};
  EXPECT_EQ(resolve(request, model_).scheduler.timesteps, (std::vector<double>{901, 801, 701, 1}));
}

GenerationSettings settings_of(int side, double guidance_scale) {
  GenerationSettings settings;
  settings.width = settings.height = side;
  settings.steps = 10;
  settings.guidance_scale = guidance_scale;
  settings.scheduler.sampler = "ddim";
  settings.scheduler.sigma_schedule = "discrete";
  return settings;
}

// Ten rungs' worth for a full call, in latent pixels one for each.
ModelArithmetic linear_arithmetic() {
  const MultiplyAdds one{0, 1, 0};
  return {{{}, {0, 6, 0}, {}, {one, one}, {one, one}}, {0, 3, 0}, 7};
}

TEST_F(Tuning, CostsAreThoseOfThePicture) {
  const TunedCaching tuned = tuning_of(kSha256, "ddim");
  const PassCosts same = *picture_costs(model_, &tuned, settings_of(64, 7));
  EXPECT_TRUE(same.are_seconds);
  EXPECT_THAT(same.of_picture(10, 2, Choice::cached(0)), DoubleNear(3 + 2 + 8 * 0.2, 1e-12));
  const PassCosts larger = *picture_costs(model_, &tuned, settings_of(128, 7));
  EXPECT_THAT(larger.of_picture(10, 2, Choice::cached(0)), DoubleNear(4 * (3 + 2 + 8 * 0.2), 1e-12)) << "by pixels";
  const PassCosts unguided = *picture_costs(model_, &tuned, settings_of(64, 1));
  EXPECT_THAT(unguided.of_picture(10, 2, Choice::cached(0)), DoubleNear(3 + 1 + 8 * 0.125, 1e-12)) << "one half";
  GenerationSettings hires = settings_of(64, 7);
  hires.hires = HiresSettings{2, 128, 128, 10, 0.5, "latent"};
  const PassCosts two_passes = *picture_costs(model_, &tuned, hires);
  EXPECT_THAT(two_passes.of_picture(10, 10, Choice::cached(0)), DoubleNear(4 * 3 + 10 + 5 * 4, 1e-12));
}

TEST_F(Tuning, CostsAreCountedWhereNothingWasMeasured) {
  EXPECT_FALSE(picture_costs(model_, nullptr, settings_of(64, 7)));
  model_.arithmetic = linear_arithmetic();
  const PassCosts costs = *picture_costs(model_, nullptr, settings_of(64, 7));
  EXPECT_FALSE(costs.are_seconds);
  EXPECT_EQ(costs.full, 2 * 10 * 64);
  EXPECT_THAT(costs.cached, testing::ElementsAre(2 * 2 * 64, 2 * 4 * 64));
  EXPECT_THAT(costs.held, testing::ElementsAre(2 * 64, 4 * 64));
  EXPECT_EQ(costs.beside, 2 * 7 + 3 * 64);
}

}  // namespace
}  // namespace deepcache_gen
