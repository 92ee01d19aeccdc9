#include "pipeline/denoiser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "caching/policy_table.h"
#include "model/counting_rungs.h"
#include "model/returning_module.h"
#include "support/error.h"

namespace deepcache_gen {
namespace {

const Placement kCpu{c10::kCPU, c10::ScalarType::Float};
const Conditioning kNothing{at::zeros({1, 1, 1}), {}};
const at::Tensor kLatents = at::zeros({1, 1, 1, 1});

Guidance guidance_by(const std::vector<double>& scales) {
  if (scales.empty()) return {};
  std::vector<GenerationSettings> images(scales.size());
  std::vector<const GenerationSettings*> pointers;
  for (std::size_t i = 0; i < scales.size(); ++i) {
    images[i].guidance_scale = scales[i];
    pointers.push_back(&images[i]);
  }
  return {pointers, c10::kCPU};
}

Denoiser denoiser_of(const UNet& unet, int calls, const CacheSpec& caching, const Conditioning& conditioning,
                     const std::vector<double>& scales) {
  return Denoiser(unet, kCpu, choose_calls(caching, {.count = calls, .way = calls}), conditioning, guidance_by(scales));
}

TEST(Denoiser, RunsTheWholeUNetOnFullStepsOnly) {
  Calls calls;
  const UNetLadder unet(counting_rungs(calls, 2), 2, 1);
  Denoiser denoiser = denoiser_of(unet, 4, uniform_caching(3, 0), kNothing, {});
  for (int i = 0; i < 4; ++i) denoiser.predict(kLatents, 0, 1);
  const auto count = [&](const char* name) { return std::count(calls.begin(), calls.end(), name); };
  EXPECT_EQ(count("mid"), 2);
  EXPECT_EQ(count("down0"), 4);
  EXPECT_EQ(count("down1"), 2);
}

TEST(Denoiser, ReusesTheFeatureOfTheLastFullStep) {
  Calls calls;
  const UNetLadder unet(counting_rungs(calls, 2), 2, 1);
  Denoiser denoiser = denoiser_of(unet, 2, uniform_caching(2, 0), kNothing, {});
  // Latents 0: skips 1 and 2, mid 102, up0 adds 2: 104 is kept, up1 adds skip 0.
  EXPECT_EQ(denoiser.predict(kLatents, 0, 1).item<float>(), 105);
  // Latents 10: skip 0 is 11, on the feature kept.
  EXPECT_EQ(denoiser.predict(kLatents + 10, 0, 1).item<float>(), 104 + 11);
}

TEST(Denoiser, KeepsNothingFromOneBatchToTheNext) {
  Calls calls;
  const UNetLadder unet(counting_rungs(calls, 2), 2, 1);
  const auto second_step = [&](const at::Tensor& first) {
    Denoiser denoiser = denoiser_of(unet, 2, uniform_caching(2, 0), kNothing, {});
    denoiser.predict(first, 0, 1);
    return denoiser.predict(kLatents, 0, 1).item<float>();
  };
  const float alone = second_step(kLatents);
  second_step(kLatents + 1000);
  EXPECT_EQ(second_step(kLatents), alone);
}

// A UNet whose output is the context of each row, so that guidance can be seen.
class ContextAsOutput : public Module {
 public:
  std::vector<at::Tensor> run(const std::vector<at::Tensor>& inputs) const override {
    return {inputs.at(3).view({-1, 1, 1, 1})};
  }
};

// A rung whose output is the sum of its input's channels.
class SumOfChannels : public Module {
 public:
  std::vector<at::Tensor> run(const std::vector<at::Tensor>& inputs) const override {
    return {inputs.at(0).sum(1, true)};
  }
};

TEST(Denoiser, GuidesFromTheUnconditionalHalfToTheConditionalOne) {
  Calls calls;
  UNetRungs rungs = counting_rungs(calls, 1);
  rungs.up[0] = std::make_unique<ContextAsOutput>();
  const UNetLadder unet(std::move(rungs), 1, 1);
  const Conditioning both{at::tensor({2.0f, 3.0f}).view({2, 1, 1}), {}};
  Denoiser denoiser = denoiser_of(unet, 1, uniform_caching(1, 0), both, {7.5});
  // Ho and Salimans, equation 6, as diffusers writes it: 2 + 7.5 (3 - 2)
  EXPECT_EQ(denoiser.predict(kLatents, 0, 1).item<float>(), 9.5f);
}

// conv_in sees all channels of an image; what lies beside is the same for both halves.
TEST(Denoiser, ShowsTheUNetWhatLiesBesideTheLatents) {
  Calls calls;
  UNetRungs rungs = counting_rungs(calls, 1);
  rungs.down[0] = std::make_unique<SumOfChannels>();
  const UNetLadder unet(std::move(rungs), 1, 1);
  const Conditioning both{at::zeros({2, 1, 1}), {}};
  const auto output = [&](const at::Tensor& beside) {
    Denoiser denoiser(unet, kCpu, {Choice{}}, both, guidance_by({7.5}), beside);
    return denoiser.predict(kLatents, 0, 1).item<float>();
  };
  EXPECT_EQ(output(at::tensor({3.0F, 5.0F}).view({1, 2, 1, 1})) - output({}), 2 * 8);  // as the skip, and through mid
}

TEST(Denoiser, RefusesOneHalfWhereGuidanceNeedsTwo) {
  Calls calls;
  UNetRungs rungs = counting_rungs(calls, 1);
  rungs.out = std::make_unique<ReturningModule>(std::vector{at::zeros({1, 1, 1, 1})});
  const UNetLadder unet(std::move(rungs), 1, 1);
  const Conditioning both{at::zeros({2, 1, 1}), {}};
  Denoiser denoiser = denoiser_of(unet, 1, uniform_caching(1, 0), both, {7.5});
  EXPECT_THAT([&] { denoiser.predict(kLatents, 0, 1); },
              testing::ThrowsMessage<Error>(testing::HasSubstr("where [2, 1, 1, 1] is expected")));
}

TEST(Denoiser, GuidesEveryImageOfABatchByItsOwnScale) {
  Calls calls;
  UNetRungs rungs = counting_rungs(calls, 1);
  rungs.up[0] = std::make_unique<ContextAsOutput>();
  const UNetLadder unet(std::move(rungs), 1, 1);
  const Conditioning both{at::tensor({2.0f, 10.0f, 3.0f, 20.0f}).view({4, 1, 1}), {}};
  Denoiser denoiser = denoiser_of(unet, 1, uniform_caching(1, 0), both, {7.5, 2});
  // Unconditional 2 and 10, conditional 3 and 20.
  const at::Tensor guided = denoiser.predict(at::zeros({2, 1, 1, 1}), 0, 1).flatten();
  EXPECT_TRUE(at::equal(guided, at::tensor({9.5f, 30.0f}))) << guided;
}

// A UNet whose output is the time embedding of each row, which is its guidance at timestep 0.
class EmbeddingAsOutput : public Module {
 public:
  std::vector<at::Tensor> run(const std::vector<at::Tensor>& inputs) const override {
    return {inputs.at(2).view({-1, 1, 1, 1})};
  }
};

TEST(Denoiser, TellsAUNetThatTakesTheScaleEveryImagesOwnLessOne) {
  Calls calls;
  UNetRungs rungs = counting_rungs(calls, 1);
  rungs.time_embedding = std::make_unique<CountingModule>(calls, "time", 2, 0);
  rungs.up[0] = std::make_unique<EmbeddingAsOutput>();
  const UNetLadder unet(std::move(rungs), 1, 1);
  GenerationSettings one, other;
  one.guidance_is_embedded = other.guidance_is_embedded = true;
  one.guidance_scale = 1, other.guidance_scale = 7.9, other.guidance_rescale = 0.5;
  const Conditioning prompts{at::zeros({2, 1, 1}), {}};
  Denoiser denoiser(unet, kCpu, {{StepKind::full, 0}, {StepKind::cached, 0}}, prompts, {{&one, &other}, c10::kCPU});
  for (const StepKind kind : {StepKind::full, StepKind::cached}) {
    const at::Tensor told = denoiser.predict(at::zeros({2, 1, 1, 1}), 0, 1).flatten();
    // 6.9 itself: 7.9 as a float, less one, is another.
    EXPECT_TRUE(at::equal(told, at::tensor({0.0f, 6.9f}))) << told;
    EXPECT_EQ(denoiser.done().kind, kind);
  }
}

// Two rungs under guidance; the unconditional context is 2, the conditional one 3, and out adds nothing.
class GuidedDenoiser : public testing::Test {
 protected:
  Denoiser denoiser_for(std::vector<Choice> choices) {
    return Denoiser(unet_, kCpu, std::move(choices), both_, guidance_by({7.5}));
  }

  // The context joins on the way up, so that it is in the deep feature of branch 0 too.
  static UNetRungs rungs_with_context(Calls& calls) {
    UNetRungs rungs = counting_rungs(calls, 2);
    rungs.mid = std::make_unique<ContextAdded>();
    return rungs;
  }

  class ContextAdded : public Module {
   public:
    std::vector<at::Tensor> run(const std::vector<at::Tensor>& inputs) const override {
      return {inputs.at(0) + inputs.at(UNetRungs::kDownContext).view({-1, 1, 1, 1})};
    }
  };

  Calls calls_;
  const UNetLadder unet_{rungs_with_context(calls_), 2, 1};
  const Conditioning both_{at::tensor({2.0f, 3.0f}).view({2, 1, 1}), {}};
};

constexpr StepKind kFull = StepKind::full, kCached = StepKind::cached;

TEST_F(GuidedDenoiser, ACallThatHoldsGuidanceRunsTheConditionalHalfAndAddsTheDifferenceThatWasKept) {
  Denoiser denoiser = denoiser_for({{kFull, 0}, {kCached, 0, true}, {kCached, 0}, {kCached, 0, true}});
  // Skips 1 and 2; mid 2 + context; up0 adds 2, up1 adds 1: 5 + context, guided 5 + 2 + 7.5.
  EXPECT_EQ(denoiser.predict(kLatents, 0, 1).item<float>(), 14.5f);
  EXPECT_EQ(denoiser.deep_feature().size(0), 2);
  const auto batch_of_last = [&] { return static_cast<int>(std::count(calls_.begin(), calls_.end(), "out")); };
  EXPECT_EQ(batch_of_last(), 1);
  // Latents 10: skip 0 is 11, on the 4 + 3 that was kept of the conditional half; conditional 18, the other half was 1
  // below it: 17 + 7.5.
  EXPECT_EQ(denoiser.predict(kLatents + 10, 0, 1).item<float>(), 24.5f);
  EXPECT_EQ(denoiser.done(), (Choice{kCached, 0, true}));
  EXPECT_EQ(denoiser.deep_feature().size(0), 2) << "both halves are still there";
  EXPECT_EQ(denoiser.predict(kLatents + 10, 0, 1).item<float>(), 24.5f) << "the halves are as far apart on their own";
  EXPECT_EQ(denoiser.predict(kLatents, 0, 1).item<float>(), 14.5f);
}

TEST_F(GuidedDenoiser, ReportsAFullStepWhereNothingThatServesWasKept) {
  Denoiser first = denoiser_for({{kCached, 0}});
  first.predict(kLatents, 0, 1);
  EXPECT_EQ(first.done().kind, kFull) << "the first call of a pass";

  Denoiser deeper = denoiser_for({{kFull, 0}, {kCached, 1}, {kCached, 1}});
  deeper.predict(kLatents, 0, 1);
  deeper.predict(kLatents, 0, 1);
  EXPECT_EQ(deeper.done(), (Choice{kFull, 1})) << "another branch was kept";
  deeper.predict(kLatents, 0, 1);
  EXPECT_EQ(deeper.done(), (Choice{kCached, 1}));
}

TEST(Denoiser, SkipsCallsThatReuseTheDenoised) {
  Calls calls;
  const UNetLadder unet(counting_rungs(calls, 2), 2, 1);
  const Choice skipping{kCached, 0, false, 0, Reuse::denoised};
  Denoiser denoiser(unet, kCpu, {skipping, skipping, {kFull, 0}}, kNothing, guidance_by({}));
  EXPECT_TRUE(denoiser.reuses_denoised());
  EXPECT_FALSE(denoiser.skips_next()) << "there is nothing yet to reuse";
  denoiser.predict(kLatents, 0, 1);
  EXPECT_EQ(denoiser.done().kind, kFull);
  EXPECT_TRUE(denoiser.skips_next());
  const std::size_t ran = calls.size();
  denoiser.skip();
  EXPECT_EQ(calls.size(), ran);
  EXPECT_EQ(denoiser.done(), skipping);
  EXPECT_FALSE(denoiser.skips_next());
}

// What the UNet's last rung but one is given: the deep feature of branch 0.
TEST(Denoiser, CarriesTheChangeOfTheFeatureOn) {
  Calls calls;
  const UNetLadder unet(counting_rungs(calls, 2), 2, 1);
  const std::vector<Choice> choices{{kFull, 0}, {kCached, 0, false, 0.5}, {kFull, 0}, {kCached, 0, false, 0.5}};
  Denoiser denoiser(unet, kCpu, choices, kNothing, guidance_by({}));
  denoiser.predict(kLatents, 0, 8);  // keeps 104
  EXPECT_EQ(denoiser.predict(kLatents, 0, 4).item<float>(), 105) << "of one feature no change is known";
  denoiser.predict(kLatents + 10, 0, 2);  // skips 11 and 12, mid 112, up0 adds 12: keeps 124
  // From sigma 8 to 2 it changed by 20, so from 2 to 1 by 10 more, of which half is carried on.
  EXPECT_FLOAT_EQ(denoiser.predict(kLatents, 0, 1).item<float>(), 124 + 5 + 1);
}

}  // namespace
}  // namespace deepcache_gen
