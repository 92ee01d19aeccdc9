#include "pipeline/control_pass.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "model/counting_control_net.h"

namespace deepcache_gen {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr int kRungs = 2;
const Choice kFullCall{}, kCachedCall = Choice::cached(0), kDeepestCall = Choice::cached(kRungs - 1);

// Residuals of latents x: 1001 + x, 1002 + x and, of mid, 1102 + x; the picture adds to each.
class ControlPassTest : public testing::Test {
 protected:
  ControlPass::Net net(ControlNetSettings settings = {}, double picture = 0, bool pools = false) {
    ControlNetInfo info = counting_control_info(kRungs);
    info.pools = pools;
    return {std::make_shared<const ControlNet>("net", counting_control_rungs(calls, kRungs), info),
            at::full({1, 1, 1, 1}, picture), std::move(settings)};
  }

  static ControlPass pass(std::vector<ControlPass::Net> nets, int count = 4, ControlCache cache = ControlCache::shallow,
                          bool guess = false) {
    GenerationSettings settings;
    settings.control_cache = cache;
    settings.control_guess = guess;
    return {std::move(nets), count, settings};
  }

  // Of the half with the prompt, or of the one that there is.
  std::vector<float> residuals(ControlPass& control, int call, const Choice& choice, double latents = 0,
                               int halves = 1) {
    const UNetInput input{at::full({halves, 1, 1, 1}, latents), at::zeros({halves}), halves == 2 ? both_ : one_};
    last_ = control.residuals(call, choice, input, one_);
    std::vector<float> values;
    if (!last_) return values;
    const auto last = [&](const at::Tensor& residual) {
      values.push_back(residual[residual.size(0) - 1].item<float>());
    };
    for (const at::Tensor& skip : last_->skips) last(skip);
    if (last_->mid.defined()) last(last_->mid);
    return values;
  }

  std::ptrdiff_t count(const char* name) const { return std::count(calls.begin(), calls.end(), name); }

  Calls calls;
  std::optional<UNetResiduals> last_;
  const Conditioning one_{at::zeros({1, 1, 1}), {}}, both_{at::zeros({2, 1, 1}), {}};
};

TEST_F(ControlPassTest, SeveralNetsAddUpEachWithItsStrength) {
  ControlPass control = pass({net({.strength = 0.5}), net({.strength = 2}, 3)});
  EXPECT_THAT(residuals(control, 0, kFullCall), ElementsAre(500.5F + 2008, 501 + 2010, 551 + 2210));
}

TEST_F(ControlPassTest, ACachedCallRunsTheOuterRungsAlone) {
  ControlPass control = pass({net()});
  EXPECT_THAT(residuals(control, 1, kCachedCall, 5), ElementsAre(1006));
  EXPECT_EQ(count("down1"), 0);
  EXPECT_THAT(residuals(control, 2, kDeepestCall, 5), ElementsAre(1006, 1007, 1107)) << "mid's is fresh";
}

TEST_F(ControlPassTest, AWholeRunForACachedCallAddsTheSame) {
  ControlPass control = pass({net()}, 4, ControlCache::full);
  EXPECT_THAT(residuals(control, 1, kCachedCall, 5), ElementsAre(1006));
  EXPECT_EQ(count("mid"), 1);
}

TEST_F(ControlPassTest, HoldsWhatTheLastFullCallAdded) {
  ControlPass control = pass({net({.strength = 2})}, 6, ControlCache::held);
  residuals(control, 0, kFullCall, 1);
  EXPECT_THAT(residuals(control, 1, kCachedCall, 50), ElementsAre(2004));
  EXPECT_THAT(residuals(control, 2, kDeepestCall, 50), ElementsAre(2004, 2006, 2206));
  EXPECT_EQ(count("down0"), 1) << "the net did not run again";
  residuals(control, 3, kFullCall, 7);
  EXPECT_THAT(residuals(control, 4, kCachedCall, 50), ElementsAre(2016));
}

TEST_F(ControlPassTest, HoldsForTheHalfThatACachedCallRuns) {
  ControlPass control = pass({net()}, 4, ControlCache::held);
  residuals(control, 0, kFullCall, 1, 2);
  EXPECT_THAT(residuals(control, 1, kCachedCall, 50, 1), ElementsAre(1002));
  EXPECT_EQ(last_->skips[0].size(0), 1);
}

TEST_F(ControlPassTest, WhatBeginsBetweenFullCallsHoldsNothingYet) {
  ControlPass control = pass({net({.start = 0.25})}, 4, ControlCache::held);
  EXPECT_THAT(residuals(control, 0, kFullCall, 1), IsEmpty());
  EXPECT_THAT(residuals(control, 1, kCachedCall, 5), ElementsAre(1006)) << "it runs for itself";
}

// As diffusers' `controlnet_keep`: 1 - (i / n < start or (i + 1) / n > end).
TEST_F(ControlPassTest, TakesPartInItsPartOfTheCalls) {
  ControlPass control = pass({net({.start = 0.2, .end = 0.7})}, 10);
  std::vector<int> takes_part;
  for (int call = 0; call < 10; ++call) {
    if (!residuals(control, call, kFullCall).empty()) takes_part.push_back(call);
  }
  EXPECT_THAT(takes_part, ElementsAre(2, 3, 4, 5, 6));
}

TEST_F(ControlPassTest, WithoutStrengthNothingRuns) {
  ControlPass control = pass({net({.strength = 0})});
  EXPECT_THAT(residuals(control, 0, kFullCall), IsEmpty());
  EXPECT_THAT(calls, IsEmpty());
}

TEST_F(ControlPassTest, GuessingSteersTheHalfWithThePromptLessAtTheOuterRungs) {
  ControlPass control = pass({net({.strength = 2})}, 4, ControlCache::shallow, true);
  const std::vector<float> values = residuals(control, 0, kFullCall, 0, 2);
  ASSERT_EQ(values.size(), 3U);
  EXPECT_FLOAT_EQ(values[0], 1001 * 2 * 0.1F);
  EXPECT_FLOAT_EQ(values[1], 1002 * 2 * std::sqrt(0.1F));
  EXPECT_FLOAT_EQ(values[2], 1102 * 2);
  EXPECT_EQ(last_->skips[0][0].item<float>(), 0) << "the other half";
  EXPECT_FLOAT_EQ(residuals(control, 1, kCachedCall, 0, 2)[0], 1001 * 2 * 0.1F) << "graded alike where fewer rungs run";
  EXPECT_FLOAT_EQ(residuals(control, 2, kCachedCall, 0, 1)[0], 1001 * 2 * 0.1F) << "and where one half runs";
}

TEST_F(ControlPassTest, ANetThatPoolsSteersTheHalfWithThePromptUngraded) {
  ControlPass control = pass({net({}, 0, true)});
  EXPECT_THAT(residuals(control, 0, kFullCall, 0, 2), ElementsAre(1001, 1002, 1102));
  EXPECT_EQ(last_->skips[0][0].item<float>(), 0);
}

TEST_F(ControlPassTest, EveryHalfSeesThePicture) {
  ControlPass control = pass({net({}, 3)});
  EXPECT_THAT(residuals(control, 0, kFullCall, 0, 2), ElementsAre(1004, 1005, 1105));
  EXPECT_EQ(last_->skips[0][0].item<float>(), 1004);
}

}  // namespace
}  // namespace deepcache_gen
