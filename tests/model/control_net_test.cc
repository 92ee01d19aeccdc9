#include "model/control_net.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/counting_control_net.h"
#include "model/returning_module.h"
#include "support/error.h"

namespace deepcache_gen {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

const Conditioning kNoText{at::zeros({1, 1, 1}), {}};
const UNetInput kSteered{at::zeros({1, 1, 1, 1}), at::zeros({1}), kNoText};

at::Tensor number(double value) { return at::full({1, 1, 1, 1}, value); }

std::vector<double> numbers(const UNetResiduals& residuals) {
  std::vector<double> values;
  for (const at::Tensor& skip : residuals.skips) values.push_back(skip.item<float>());
  if (residuals.mid.defined()) values.push_back(residuals.mid.item<float>());
  return values;
}

TEST(ControlNet, ThePictureIsAddedBehindTheFirstRung) {
  Calls calls;
  const ControlNet net = counting_control_net(calls, 3);
  // Hidden states are 1 + 10, 12, 13 and, of mid, 113; residuals add 1000.
  EXPECT_THAT(numbers(net.full(kSteered, number(10))), ElementsAre(1011, 1012, 1013, 1113));
  EXPECT_THAT(calls, ElementsAre("time", "down0", "residual0", "down1", "residual1", "down2", "residual2", "mid",
                                 "mid_residual"));
}

TEST(ControlNet, ACachedCallRunsTheRungsOfItsSkips) {
  Calls calls;
  const ControlNet net = counting_control_net(calls, 3);
  EXPECT_THAT(numbers(net.shallow(kSteered, number(10), 1)), ElementsAre(1011, 1012));
  EXPECT_THAT(calls, ElementsAre("time", "down0", "residual0", "down1", "residual1"));
}

TEST(ControlNet, TheDeepestCachedCallAddsToMidToo) {
  Calls calls;
  const ControlNet net = counting_control_net(calls, 3);
  EXPECT_EQ(numbers(net.shallow(kSteered, number(10), 2)), numbers(net.full(kSteered, number(10))));
}

TEST(ControlNet, EmbedsThePictureAndNothingElse) {
  Calls calls;
  const ControlNet net = counting_control_net(calls, 1);
  EXPECT_EQ(net.embed(number(0.5)).item<float>(), 7.5);
  EXPECT_THAT(calls, ElementsAre("picture"));
}

TEST(ControlNet, TurnsColoursAroundWhereItSeesBlueFirst) {
  Calls calls;
  ControlNetInfo info = counting_control_info(1);
  info.is_bgr = true;
  const ControlNet net("net", counting_control_rungs(calls, 1), info);
  const at::Tensor picture = at::arange(3, at::kFloat).view({1, 3, 1, 1});
  EXPECT_TRUE(at::equal(net.embed(picture), picture.flip({1}) + 7));
}

TEST(ControlNet, PoolsOverThePicture) {
  Calls calls;
  ControlNetInfo info = counting_control_info(1);
  info.pools = true;
  const ControlNet net("net", counting_control_rungs(calls, 1), info);
  const UNetInput input{at::tensor({0.0F, 2.0F}).view({1, 1, 1, 2}), at::zeros({1}), kNoText};
  const UNetResiduals residuals = net.full(input, at::zeros({1, 1, 1, 2}));
  EXPECT_TRUE(at::equal(residuals.skips[0], at::full({1, 1, 1, 2}, 1002.0F))) << "1001 and 1003, in the UNet's shape";
}

TEST(ControlNet, LooksAtTheLatentsAlone) {
  Calls calls;
  const ControlNet net = counting_control_net(calls, 1);
  // As a UNet for inpainting reads them: a mask and the masked picture behind.
  const at::Tensor latents = at::cat({number(5), number(100), number(100)}, 1);
  EXPECT_EQ(net.full({latents, at::zeros({1}), kNoText}, number(0)).skips[0].item<float>(), 1006);
}

TEST(ControlNet, RefusesAPictureOfAnotherSize) {
  Calls calls;
  const ControlNet net = counting_control_net(calls, 1);
  EXPECT_THAT(
      [&] {
        net.full(kSteered, at::zeros({1, 1, 1, 2}));
      },
      ThrowsMessage<Error>(HasSubstr("net's picture returned a tensor of shape [1, 1, 1, 2]")));
}

TEST(ControlNet, NamesThePartThatReturnsWhatItMayNot) {
  Calls calls;
  ControlRungs rungs = counting_control_rungs(calls, 2);
  rungs.residuals[1] = std::make_unique<ReturningModule>(std::vector{at::ones({2, 1, 1, 1})});
  const ControlNet net("net", std::move(rungs), counting_control_info(2));
  EXPECT_THAT([&] { net.full(kSteered, number(0)); }, ThrowsMessage<Error>(HasSubstr("net's residuals.1 returned")));
}

TEST(ControlNet, RefusesAnotherNumberOfRungsThanModelJsonSays) {
  Calls calls;
  EXPECT_THAT([&] { ControlNet("net", counting_control_rungs(calls, 2), counting_control_info(3)); },
              ThrowsMessage<Error>(HasSubstr("net has 2 down rungs and 2 residuals, model.json says 3")));
}

}  // namespace
}  // namespace deepcache_gen
