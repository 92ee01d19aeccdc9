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

Denoiser denoiser_of(const UNet& unet, int calls, const CacheSpec& caching, Guidance guidance) {
  return Denoiser(unet, kCpu, make_policy(caching), calls, std::move(guidance));
}

TEST(Denoiser, RunsTheWholeUNetOnFullStepsOnly) {
  Calls calls;
  const UNetLadder unet(counting_rungs(calls, 2), 2);
  Denoiser denoiser = denoiser_of(unet, 4, uniform_caching(3, 0), {kNothing, {}});
  for (int i = 0; i < 4; ++i) denoiser.predict(kLatents, 0);
  const auto count = [&](const char* name) { return std::count(calls.begin(), calls.end(), name); };
  EXPECT_EQ(count("mid"), 2);
  EXPECT_EQ(count("down0"), 4);
  EXPECT_EQ(count("down1"), 2);
}

TEST(Denoiser, ReusesTheFeatureOfTheLastFullStep) {
  Calls calls;
  const UNetLadder unet(counting_rungs(calls, 2), 2);
  Denoiser denoiser = denoiser_of(unet, 2, uniform_caching(2, 0), {kNothing, {}});
  // Latents 0: skips 1 and 2, mid 102, up0 adds 2: 104 is kept, up1 adds skip 0.
  EXPECT_EQ(denoiser.predict(kLatents, 0).item<float>(), 105);
  // Latents 10: skip 0 is 11, on the feature kept.
  EXPECT_EQ(denoiser.predict(kLatents + 10, 0).item<float>(), 104 + 11);
}

TEST(Denoiser, KeepsNothingFromOneBatchToTheNext) {
  Calls calls;
  const UNetLadder unet(counting_rungs(calls, 2), 2);
  const auto second_step = [&](const at::Tensor& first) {
    Denoiser denoiser = denoiser_of(unet, 2, uniform_caching(2, 0), {kNothing, {}});
    denoiser.predict(first, 0);
    return denoiser.predict(kLatents, 0).item<float>();
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

TEST(Denoiser, GuidesFromTheUnconditionalHalfToTheConditionalOne) {
  Calls calls;
  UNetRungs rungs = counting_rungs(calls, 1);
  rungs.up[0] = std::make_unique<ContextAsOutput>();
  const UNetLadder unet(std::move(rungs), 1);
  const Conditioning both{at::tensor({2.0f, 3.0f}).view({2, 1, 1}), {}};
  Denoiser denoiser = denoiser_of(unet, 1, uniform_caching(1, 0), {both, {7.5}});
  // Ho and Salimans, equation 6, as diffusers writes it: 2 + 7.5 (3 - 2)
  EXPECT_EQ(denoiser.predict(kLatents, 0).item<float>(), 9.5f);
}

TEST(Denoiser, RefusesOneHalfWhereGuidanceNeedsTwo) {
  Calls calls;
  UNetRungs rungs = counting_rungs(calls, 1);
  rungs.out = std::make_unique<ReturningModule>(std::vector{at::zeros({1, 1, 1, 1})});
  const UNetLadder unet(std::move(rungs), 1);
  const Conditioning both{at::zeros({2, 1, 1}), {}};
  Denoiser denoiser = denoiser_of(unet, 1, uniform_caching(1, 0), {both, {7.5}});
  EXPECT_THAT([&] { denoiser.predict(kLatents, 0); },
              testing::ThrowsMessage<Error>(testing::HasSubstr("where [2, 1, 1, 1] is expected")));
}

TEST(Denoiser, GuidesEveryImageOfABatchByItsOwnScale) {
  Calls calls;
  UNetRungs rungs = counting_rungs(calls, 1);
  rungs.up[0] = std::make_unique<ContextAsOutput>();
  const UNetLadder unet(std::move(rungs), 1);
  const Conditioning both{at::tensor({2.0f, 10.0f, 3.0f, 20.0f}).view({4, 1, 1}), {}};
  Denoiser denoiser = denoiser_of(unet, 1, uniform_caching(1, 0), {both, {7.5, 2}});
  // Unconditional 2 and 10, conditional 3 and 20.
  const at::Tensor guided = denoiser.predict(at::zeros({2, 1, 1, 1}), 0).flatten();
  EXPECT_TRUE(at::equal(guided, at::tensor({9.5f, 30.0f}))) << guided;
}

}  // namespace
}  // namespace deepcache_gen
