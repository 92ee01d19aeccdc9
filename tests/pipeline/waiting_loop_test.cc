// That the loop over the steps never needs what the device has computed, and keeps nothing in memory of the UNet's.

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <torch/library.h>

#include <memory>
#include <optional>

#include "model/fake_recorder.h"
#include "model/recorded_unet.h"
#include "pipeline/batch_noise.h"
#include "pipeline/formula_unet.h"
#include "pipeline/step_reports.h"

namespace deepcache_gen {
namespace {

constexpr int kImages = 2;

// Of the operators that a loop needs LibTorch has this one's sizes in Python only; here as guidance asks for it.
at::Tensor sizes_of_std(const at::Tensor& input, at::OptionalIntArrayRef, const std::optional<at::Scalar>&, bool) {
  return at::empty({input.size(0), 1, 1, 1}, input.options());
}
TORCH_LIBRARY_IMPL(aten, Meta, library) { library.impl("std.correction", sizes_of_std); }

// What a loop does.
struct LoopSetting {
  std::string_view sampler;
  std::string_view prediction_type;
  Choice cached;  // every second call and third
  enum Guided { no, by_scale, by_rescaled_scale, embedded } guided;
  bool keeps_a_half;
};

std::vector<LoopSetting> all_settings() {
  const std::vector<Choice> cached{Choice::cached(1),
                                   Choice::cached(1, true),
                                   {StepKind::cached, 1, false, 0.5},
                                   {StepKind::cached, 0, false, 0, Reuse::denoised},
                                   {StepKind::cached, 0, false, 0.5, Reuse::denoised}};
  std::vector<LoopSetting> all;
  for (const SamplerRow& row : sampler_rows()) {
    for (const Choice& choice : cached) {
      for (const auto guided :
           {LoopSetting::no, LoopSetting::by_scale, LoopSetting::by_rescaled_scale, LoopSetting::embedded}) {
        for (const bool keeps_a_half : {false, true}) {
          const std::string_view type = all.size() % 3 == 0 ? "v_prediction" : "epsilon";
          all.push_back({row.name, type, choice, guided, keeps_a_half});
        }
      }
    }
  }
  return all;
}

std::string text_of(const LoopSetting& setting) {
  return std::string(setting.sampler) + " reuse " + std::to_string(static_cast<int>(setting.cached.reuse)) + " held " +
         std::to_string(setting.cached.holds_guidance) + " extrapolation " +
         std::to_string(setting.cached.extrapolation) + " guided " + std::to_string(setting.guided) + " keeps " +
         std::to_string(setting.keeps_a_half);
}

Guidance guidance_of(const LoopSetting& setting, c10::Device device) {
  if (setting.guided == LoopSetting::no) return {};
  GenerationSettings image;
  image.guidance_scale = 7.5;
  image.guidance_is_embedded = setting.guided == LoopSetting::embedded;
  if (setting.guided == LoopSetting::by_rescaled_scale) image.guidance_rescale = 0.7;
  return {std::vector<const GenerationSettings*>(kImages, &image), device};
}

using BetweenCalls = std::function<void(const LoopState&, const Denoiser&)>;

// The latents that a loop of 6 steps ends with.
at::Tensor run(const LoopSetting& setting, const UNet& unet, const Placement& placement, const BetweenCalls& between) {
  SchedulerConfig config;
  config.sampler = setting.sampler;
  config.sigma_schedule = "discrete";
  config.aligned_steps = AlignedSteps::stable_diffusion_1;
  if (setting.prediction_type == "v_prediction") config.prediction_type = PredictionType::v_prediction;
  const auto sampler = make_sampler(config, 6);
  std::vector<Choice> choices;
  const Choice full{StepKind::full, setting.cached.branch};
  for (std::size_t i = 0; i < sampler->steps().size(); ++i) choices.push_back(i % 3 == 0 ? full : setting.cached);
  BatchNoise noise({7, 8}, {4, 3, 5}, placement.device);
  std::optional<KeptLatents> kept;
  if (setting.keeps_a_half) {
    const at::Tensor mask = at::cat({at::zeros({kImages, 1, 1, 5}), at::ones({kImages, 1, 2, 5})}, 2);
    kept = KeptLatents{mask.to(placement.device), noise.draw(), noise.draw()};
  }
  const Guidance guidance = guidance_of(setting, placement.device);
  const std::int64_t halves = guidance.is_on() ? 2 : 1;
  const at::Tensor context = at::linspace(-1, 1, halves * kImages).view({-1, 1, 1});
  Denoiser denoiser(unet, placement, choices, {context.to(placement.device, placement.dtype), {}}, guidance);
  return run_denoising_loop(*sampler, denoiser, static_cast<int>(choices.size()),
                            noise.draw() * sampler->init_noise_sigma(), noise, kept ? &*kept : nullptr,
                            [&](const LoopState& state) { between(state, denoiser); });
}

class StepTaker : public Observer {
 public:
  explicit StepTaker(Curiosity curiosity = {}) : curiosity_(curiosity) {}
  Curiosity curiosity() const override { return curiosity_; }
  void on_step(const StepReport& step) override { steps.push_back(step); }
  void on_image(std::size_t, GeneratedImage) override {}
  void on_failure(std::size_t, const Error&) override {}
  void on_warning(std::size_t, const std::string&) override {}
  bool stop_requested() const override { return false; }

  std::vector<StepReport> steps;

 private:
  const Curiosity curiosity_;
};

// A device that has not done anything before it is waited for.
class LateClock final : public DeviceClock {
 public:
  class Mark final : public DeviceMark {
   public:
    explicit Mark(LateClock& clock) : clock_(clock) {}
    bool reached() const override { return false; }
    void wait() override { ++clock_.waits; }
    double seconds_since(const DeviceMark&) const override { return 1; }

   private:
    LateClock& clock_;
  };

  std::unique_ptr<DeviceMark> mark() override { return std::make_unique<Mark>(*this); }

  int waits = 0;
};

// LibTorch's meta device computes sizes only: whoever reads a number there, or copies it to the CPU, gets an error.
TEST(WaitingLoop, NeverReadsWhatTheDeviceComputes) {
  const FormulaUNet unet;
  for (const LoopSetting& setting : all_settings()) {
    SCOPED_TRACE(text_of(setting));
    LateClock clock;
    StepTaker observer;
    const auto show = [](const at::Tensor&) { FAIL() << "nobody asked for previews"; };
    StepReports reports(clock, observer, 100, kImages, show);
    at::Tensor latents;
    ASSERT_NO_THROW(
        latents = run(setting, unet, {c10::kMeta, c10::kHalf}, [&](const LoopState& state, const Denoiser& denoiser) {
          reports.between_calls(state, denoiser);
        }));
    EXPECT_TRUE(latents.is_meta());
    EXPECT_EQ(latents.sizes(), at::IntArrayRef({kImages, 4, 3, 5}));
    EXPECT_EQ(clock.waits, 0);
    EXPECT_TRUE(observer.steps.empty());
    reports.await_all();
    EXPECT_GE(observer.steps.size(), 6u);
  }
}

TEST(WaitingLoop, TheMetaDeviceWouldNotice) {
  const FormulaUNet unet;
  const LoopSetting setting{"ddim", "epsilon", Choice::cached(1), LoopSetting::no, false};
  const Placement meta{c10::kMeta, c10::kHalf};
  EXPECT_ANY_THROW(
      run(setting, unet, meta, [](const LoopState& state, const Denoiser&) { state.latents.sum().item<float>(); }));
  EXPECT_ANY_THROW(
      run(setting, unet, meta, [](const LoopState& state, const Denoiser&) { state.latents.to(at::kCPU); }));
}

// The movement is of what a full call kept, which is compared with what the one before had kept.
std::vector<std::optional<double>> movements(const std::vector<StepReport>& steps) {
  std::vector<std::optional<double>> all;
  for (const StepReport& step : steps) {
    all.emplace_back(step.movement->latents);
    all.push_back(step.movement->deep_feature);
  }
  return all;
}

TEST(WaitingLoop, MakesTheSameLatentsWithAUNetThatUsesItsMemoryAgainOrIsRecorded) {
  const FormulaUNet plain;
  for (const c10::ScalarType dtype : {c10::kFloat, c10::kBFloat16}) {
    for (const LoopSetting& setting : all_settings()) {
      SCOPED_TRACE(text_of(setting));
      const OverwritingUNet overwriting(plain);
      const auto made_by = [&](const UNet& unet) {
        const auto clock = make_device_clock(c10::kCPU);
        StepTaker observer({.movement = true});
        StepReports reports(*clock, observer, 100, kImages, {});
        at::Tensor latents =
            run(setting, unet, {c10::kCPU, dtype},
                [&](const LoopState& state, const Denoiser& denoiser) { reports.between_calls(state, denoiser); });
        return std::pair(std::move(latents), movements(observer.steps));
      };
      const auto [expected, expected_movements] = made_by(plain);
      ASSERT_TRUE(at::isfinite(expected).all().item<bool>());
      int records = 0;
      const RecordedUNet recorded(plain, std::make_unique<FakeRecorder>(records));
      for (const UNet* unet : {static_cast<const UNet*>(&overwriting), static_cast<const UNet*>(&recorded)}) {
        const auto [latents, moved] = made_by(*unet);
        EXPECT_TRUE(at::equal(latents, expected));
        EXPECT_EQ(moved, expected_movements);
      }
      EXPECT_GT(records, 0);
    }
  }
}

}  // namespace
}  // namespace deepcache_gen
