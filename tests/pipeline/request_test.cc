#include "pipeline/request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <utility>

#include "schedulers/step_plan.h"
#include "support/error.h"

namespace deepcache_gen {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

const JsonObject kScheduler(nlohmann::json::parse(R"({
  "sampler": "pndm", "sigma_schedule": "discrete", "num_train_timesteps": 1000, "beta_start": 0.00085, "beta_end": 0.012,
  "beta_schedule": "scaled_linear", "prediction_type": "epsilon", "timestep_spacing": "leading", "steps_offset": 1,
  "set_alpha_to_one": false})"),
                            "model.json: scheduler");

const ModelInfo kModel{.name = "tiny",
                       .default_width = 512,
                       .default_height = 256,
                       .unets = {{kUNet, {.rungs = 12}}},
                       .vae_scale = 8,
                       .scheduler = kScheduler,
                       .defaults = {.steps = 50, .guidance_scale = 7.5, .sampler = {}}};

TEST(Resolve, TakesWhatIsUnsetFromTheModel) {
  const GenerationSettings settings = resolve({.prompt = "a barn"}, kModel);
  EXPECT_EQ(settings.width, 512);
  EXPECT_EQ(settings.height, 256);
  EXPECT_EQ(settings.steps, 50);
  EXPECT_EQ(settings.scheduler.sampler, "pndm");
  EXPECT_EQ(settings.cache, no_caching());
  EXPECT_TRUE(settings.guided());
  EXPECT_FALSE(settings.negative_prompt);
}

TEST(Resolve, KeepsWhatIsAsked) {
  const GenerationSettings settings = resolve({.prompt = "",
                                               .width = 8,
                                               .height = 104,
                                               .steps = 5,
                                               .guidance_scale = 1.0,
                                               .sampler = "euler",
                                               .sigma_schedule = "karras",
                                               .cache = {{{"interval", 5}, {"branch", 11}}}},
                                              kModel);
  EXPECT_EQ(settings.height, 104);
  EXPECT_EQ(settings.scheduler.sampler, "euler");
  EXPECT_EQ(settings.scheduler.sigma_schedule, "karras");
  EXPECT_EQ(settings.cache, uniform_caching(5, 11));
  EXPECT_FALSE(settings.guided());
}

TEST(Resolve, TilesAreTheVaesUnlessTheyAreSaid) {
  ModelInfo model = kModel;
  model.vae.sample_size = 768;
  EXPECT_FALSE(resolve({.prompt = "a barn"}, model).vae_tile_pixels);
  EXPECT_EQ(resolve({.prompt = "a barn", .vae_tiling = true}, model).vae_tile_pixels, 768);
  EXPECT_EQ(resolve({.prompt = "a barn", .vae_tile_size = 256}, model).vae_tile_pixels, 256);
  EXPECT_THAT([&] { resolve({.prompt = "a barn", .vae_tiling = true, .vae_tile_size = 100}, model); },
              ThrowsMessage<UsageError>(HasSubstr("--vae-tile-size 100")));
}

TEST(Resolve, AUNetThatTakesTheScaleIsNotRunForTwoHalves) {
  ModelInfo model = kModel;
  model.unets.at(kUNet).guidance_embedding = 256;
  const GenerationSettings settings = resolve({.guidance_scale = 8}, model);
  EXPECT_EQ(settings.guidance_scale, 8);
  EXPECT_TRUE(settings.guidance_is_embedded);
  EXPECT_FALSE(settings.guided());
  EXPECT_FALSE(resolve({.guidance_scale = 8}, kModel).guidance_is_embedded);
}

TEST(Resolve, ARecommendedIntervalGivesWayToFewSteps) {
  ModelInfo model = kModel;
  model.defaults.interval = 3;
  EXPECT_EQ(resolve({.steps = 2}, model).cache, uniform_caching(2, 0));
}

TEST(Resolve, LevelsThatAreGivenAreTheStepsAndFollowNoSchedule) {
  ModelInfo model = kModel;
  nlohmann::json scheduler = kScheduler.json();
  scheduler["sampler"] = "euler";
  scheduler["sigma_schedule"] = "karras";
  model.scheduler = JsonObject(scheduler, "model.json: scheduler");
  const GenerationSettings by_sigmas = resolve({.sigmas = std::vector<double>{14, 3, 0.5, 0}}, model);
  EXPECT_EQ(by_sigmas.steps, 3);
  EXPECT_EQ(by_sigmas.scheduler.sigma_schedule, "discrete");
  const GenerationSettings by_timesteps = resolve({.steps = 2, .timesteps = std::vector<double>{999, 499}}, model);
  EXPECT_EQ(by_timesteps.steps, 2);
  EXPECT_EQ(by_timesteps.scheduler.timesteps, (std::vector<double>{999, 499}));
}

// Of a model that nobody has tuned.
SchedulerConfig on_curve(const char* sampler, const char* schedule, std::optional<int> steps = {}) {
  ModelInfo model = kModel;
  model.folder = "/no/such/folder";
  model.parts[kUNet] = {"unet.pt", {}, {}};
  model.files["unet.pt"] = {1, std::string(64, 'a'), {}};
  nlohmann::json scheduler = kScheduler.json();
  scheduler["sampler"] = sampler;
  scheduler["sigma_schedule"] = schedule;
  model.scheduler = JsonObject(scheduler, "model.json: scheduler");
  model.parts[kUNet] = {"unet.pt", {}, {}};  // by which a tuning is looked up
  model.files["unet.pt"] = {1, std::string(64, 'a'), {}};
  return resolve({.steps = steps, .timesteps_curve = true}, model).scheduler;
}

// Leading timesteps of 50 steps: 981, 961, ... 1, of which round(50 (j / 5)^1.5) are 0, 4, 13, 23, 36.
TEST(Resolve, StepsOnTheCurveAreSomeOfTheModelsUsualOnes) {
  const std::vector<double> expected{981, 901, 721, 521, 261};
  EXPECT_EQ(on_curve("ddim", "discrete", 5).timesteps, expected);
  EXPECT_EQ(on_curve("heun", "discrete", 5).timesteps, expected);
  const SchedulerConfig more = on_curve("ddim", "discrete", 100);
  ASSERT_EQ(more.timesteps.size(), 100u);
  EXPECT_EQ(more.timesteps.front(), 991);
  EXPECT_EQ(more.timesteps.back(), 1);
}

TEST(Resolve, StepsOnTheCurveOfAScheduleOfSigmasAreSigmas) {
  SchedulerConfig karras = on_curve("dpm++2m", "karras", 5);
  const std::vector<double> levels = std::exchange(karras.sigmas, {});
  EXPECT_TRUE(karras.timesteps.empty());
  EXPECT_EQ(karras.sigma_schedule, "discrete");
  karras.sigma_schedule = "karras";
  const std::vector<Step> way = plan_steps(karras, 50);
  EXPECT_EQ(levels, (std::vector{way[0].sigma, way[4].sigma, way[13].sigma, way[23].sigma, way[36].sigma, 0.0}));
}

TEST(Resolve, WhatStepsOnTheCurveCameToOnceStays) {
  const GenerationSettings settings = resolve(
      {.steps = 2, .sampler = "ddim", .timesteps = std::vector<double>{999, 499}, .timesteps_curve = true}, kModel);
  EXPECT_TRUE(settings.timesteps_curve);
  EXPECT_EQ(settings.scheduler.timesteps, (std::vector<double>{999, 499}));
}

TEST(Resolve, ClipSkipIsOneOfTheLayersAndTheModelsOwnIsNoSetting) {
  ModelInfo model = kModel;
  model.text_encoders = {{kTextEncoder, {.layers = 3, .skip = 2}}};
  EXPECT_EQ(resolve({.clip_skip = 3}, model).clip_skip, 3);
  EXPECT_EQ(resolve({.clip_skip = 2}, model).clip_skip, std::nullopt);
  EXPECT_THAT([&] { resolve({.clip_skip = 4}, model); },
              ThrowsMessage<UsageError>(HasSubstr("--clip-skip 4: model tiny has 3 layers; expected 1")));
  model.text_encoders["text_encoder_2"] = {.layers = 2, .skip = 2};
  EXPECT_THAT([&] { resolve({.clip_skip = 3}, model); }, ThrowsMessage<UsageError>(HasSubstr("has 2 layers")));
  model.text_encoders = {{kTextEncoder, {.layers = {}, .skip = 1}}};
  EXPECT_EQ(resolve({.clip_skip = 1}, model).clip_skip, std::nullopt);
  EXPECT_THAT([&] { resolve({.clip_skip = 2}, model); }, ThrowsMessage<UsageError>(HasSubstr("export it again")));
}

TEST(Resolve, TheDefaultEtaIsNoSetting) {
  EXPECT_EQ(resolve({.sampler = "euler_a", .eta = 1.0}, kModel).scheduler.eta, std::nullopt);
  EXPECT_EQ(resolve({.sampler = "euler_a", .eta = 0.0}, kModel).scheduler.eta, 0.0);
  EXPECT_EQ(resolve({.sampler = "ddim", .eta = 0.0}, kModel).scheduler.eta, std::nullopt);
}

TEST(Resolve, AnyNameOfASamplerIsUnderstoodAndRecordsHaveOurs) {
  const GenerationSettings settings = resolve({.sampler = "DPM++ 2M", .sigma_schedule = "Karras"}, kModel);
  EXPECT_EQ(settings.scheduler.sampler, "dpm++2m");
  EXPECT_EQ(settings.scheduler.sigma_schedule, "karras");
}

// The tables are for the noise of Stable Diffusion 1 and XL, and for models that predict it.
TEST(Resolve, StepsAreAlignedForTheModelsTheyWereAlignedFor) {
  ModelInfo model = kModel;
  EXPECT_EQ(resolve({}, model).scheduler.aligned_steps, AlignedSteps::stable_diffusion_1);
  model.unets.at(kUNet).context_size = 1024;
  EXPECT_EQ(resolve({}, model).scheduler.aligned_steps, AlignedSteps::none);
  model.family = "stable-diffusion-xl";
  EXPECT_EQ(resolve({}, model).scheduler.aligned_steps, AlignedSteps::stable_diffusion_xl);
  nlohmann::json scheduler = kScheduler.json();
  scheduler["prediction_type"] = "v_prediction";
  model.scheduler = JsonObject(scheduler, "model.json: scheduler");
  EXPECT_EQ(resolve({}, model).scheduler.aligned_steps, AlignedSteps::none);
}

ModelInfo xl_model() {
  ModelInfo model = kModel;
  model.family = "stable-diffusion-xl";
  model.text_encoders = {{"text_encoder", {}}, {"text_encoder_2", {}}};
  return model;
}

TEST(Resolve, SdxlTakesSecondPromptsAndSizes) {
  GenerationRequest request{.prompt = "a barn", .negative_prompt = "people"};
  request.prompt_2 = "a boat";
  request.negative_prompt_2 = "cars";
  request.size_claims = {.crop_top = 8, .crop_left = 0, .original_width = 100, .target_height = 200};
  const GenerationSettings settings = resolve(request, xl_model());
  EXPECT_EQ(settings.prompt_2, "a boat");
  EXPECT_EQ(settings.negative_prompt_2, "cars");
  EXPECT_EQ(settings.size_claims.crop_top, 8);
  EXPECT_EQ(settings.size_claims.crop_left, std::nullopt) << "what is told anyway";
  EXPECT_EQ(settings.size_claims.original_width, 100);
  EXPECT_EQ(settings.size_claims.original_height, std::nullopt);
  EXPECT_EQ(settings.size_claims.target_height, 200);
}

// As diffusers' `prompt_2 or prompt`.
TEST(Resolve, ASecondPromptThatIsEmptyOrTheFirstIsNone) {
  GenerationRequest request{.prompt = "a barn"};
  request.prompt_2 = "";
  request.negative_prompt_2 = "";
  EXPECT_EQ(resolve(request, xl_model()).prompt_2, std::nullopt);
  EXPECT_EQ(resolve(request, xl_model()).negative_prompt_2, std::nullopt);
  request.prompt_2 = "a barn";
  EXPECT_EQ(resolve(request, xl_model()).prompt_2, std::nullopt);
}

TEST(Resolve, WhatOnlySdxlReadsIsRefusedForOthers) {
  const auto message = [](const ModelInfo& model, auto set) -> std::string {
    GenerationRequest request{.prompt = "a barn"};
    set(request);
    try {
      resolve(request, model);
    } catch (const UsageError& error) {
      return error.what();
    }
    return "accepted";
  };
  const auto claim = [](std::optional<int> SizeClaims::*field, int value) {
    return [=](GenerationRequest& request) { request.size_claims.*field = value; };
  };
  EXPECT_THAT(message(kModel, [](auto& r) { r.prompt_2 = "c"; }), HasSubstr("--prompt-2: model tiny has one text"));
  EXPECT_THAT(message(kModel, [](auto& r) { r.negative_prompt_2 = ""; }), HasSubstr("--negative-prompt-2: model tiny"));
  EXPECT_THAT(message(kModel, claim(&SizeClaims::crop_left, 0)),
              HasSubstr("--crop-left: model tiny is told of no sizes; leave it out, it is for SDXL"));
  EXPECT_THAT(message(xl_model(), claim(&SizeClaims::crop_top, -1)), HasSubstr("--crop-top -1: expected 0 to 16384"));
  EXPECT_THAT(message(xl_model(), claim(&SizeClaims::original_height, 0)),
              HasSubstr("--original-height 0: expected 1 to 16384"));
  EXPECT_THAT(message(xl_model(), [](auto& r) { r.prompt_2 = "\xff"; }), HasSubstr("not valid UTF-8"));
}

// It needs a picture, whose settings other tests are about: only what is told is asked here.
TEST(Resolve, TheRefinerIsToldNoTargetSize) {
  ModelInfo model = xl_model();
  model.family = "stable-diffusion-xl-refiner";
  GenerationRequest request{.prompt = "a barn"};
  request.size_claims.target_width = 64;
  EXPECT_THAT(
      [&] { resolve(request, model); },
      ThrowsMessage<UsageError>(HasSubstr("--target-width: model tiny only refines, and is told of no target")));
}

struct BadRequest {
  const char* message;
  std::function<void(GenerationRequest&)> spoil;
};

class RefusedRequest : public testing::TestWithParam<BadRequest> {};

TEST_P(RefusedRequest, SaysTheValueAndWhatIsAccepted) {
  GenerationRequest request{.prompt = "a barn"};
  GetParam().spoil(request);
  EXPECT_THAT([&] { resolve(request, kModel); }, ThrowsMessage<UsageError>(HasSubstr(GetParam().message)));
}

INSTANTIATE_TEST_SUITE_P(
    Each, RefusedRequest,
    testing::Values(
        BadRequest{"--width 0: expected 8 to 8192", [](auto& r) { r.width = 0; }},
        BadRequest{"--width 513: must be divisible by 8; the nearest are 512 and 520", [](auto& r) { r.width = 513; }},
        BadRequest{"--height 100000: expected 8 to 8192", [](auto& r) { r.height = 100000; }},
        BadRequest{"--steps 0: expected 1 to 1000", [](auto& r) { r.steps = 0; }},
        BadRequest{"--cfg-scale nan: expected a finite number", [](auto& r) { r.guidance_scale = std::nan(""); }},
        BadRequest{"--cfg-scale -1: expected a finite number", [](auto& r) { r.guidance_scale = -1; }},
        BadRequest{"--guidance-rescale 1.5: expected 0 (none) to 1", [](auto& r) { r.guidance_rescale = 1.5; }},
        BadRequest{"--eta 0.5: sampler 'pndm' has no such thing; use it with ddim, euler_a,",
                   [](auto& r) { r.eta = 0.5; }},
        BadRequest{"--eta 1.5: expected 0 (no noise is added) to 1",
                   [](auto& r) {
                     r.sampler = "ddim";
                     r.eta = 1.5;
                   }},
        BadRequest{"--sigmas and --timesteps both say where to step",
                   [](auto& r) {
                     r.sigmas = {{1, 0}};
                     r.timesteps = {{1}};
                   }},
        BadRequest{"--scheduler and --sigmas both say where to step",
                   [](auto& r) {
                     r.sigmas = {{1, 0}};
                     r.sigma_schedule = "karras";
                   }},
        BadRequest{"--steps 3: --timesteps are for 2 steps; leave --steps out",
                   [](auto& r) {
                     r.steps = 3;
                     r.timesteps = {{9, 1}};
                   }},
        BadRequest{"--timesteps-curve: sampler 'pndm' steps by equal strides only; add --sampling-method ddim",
                   [](auto& r) { r.timesteps_curve = true; }},
        BadRequest{"--sigmas: one number is no step; add what the way ends at", [](auto& r) { r.sigmas = {{1}}; }},
        BadRequest{"--interval 0: expected 1 to 50",
                   [](auto& r) {
                     r.cache = {{{"interval", 0}}};
                   }},
        BadRequest{"--interval 51: expected 1 to 50, the number of steps",
                   [](auto& r) {
                     r.cache = {{{"interval", 51}}};
                   }},
        BadRequest{"--branch 12: expected 0 to 11 for model tiny",
                   [](auto& r) {
                     r.cache = {{{"interval", 2}, {"branch", 12}}};
                   }},
        BadRequest{"--branch -1: expected 0 to 11",
                   [](auto& r) {
                     r.cache = {{{"interval", 2}, {"branch", -1}}};
                   }},
        BadRequest{"--branch 3: has no effect without caching",
                   [](auto& r) {
                     r.cache = {{{"branch", 3}}};
                   }},
        BadRequest{"--batch-count 0", [](auto& r) { r.image_count = 0; }},
        BadRequest{"not valid UTF-8 at byte 2", [](auto& r) { r.prompt = "ab\xff"; }},
        BadRequest{"not valid UTF-8 at byte 0", [](auto& r) { r.negative_prompt = "\xc3("; }},
        BadRequest{"--seed -5", [](auto& r) { r.seed = -5; }}));

}  // namespace
}  // namespace deepcache_gen
