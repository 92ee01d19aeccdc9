#include "model/unet_ladder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/counting_rungs.h"
#include "model/returning_module.h"
#include "support/error.h"

namespace deepcache_gen {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

const Conditioning kNothing{at::zeros({1, 1, 1}), {}};
const UNetInput kInput{at::zeros({1, 1, 1, 1}), at::zeros({1}), kNothing};

TEST(UNetLadder, FullRunsEveryRungAndKeepsWhatEntersTheBranch) {
  Calls calls;
  const UNetLadder ladder(counting_rungs(calls, 3), 3, 1);
  const UNetLadder::FullOutput output = ladder.full(kInput, 1);
  EXPECT_THAT(calls, ElementsAre("time", "down0", "down1", "down2", "mid", "up0", "up1", "up2", "out"));
  // Skips are 1, 2, 3; mid gives 103; up0 adds skip 2 (3): 106 enters up1, the rung of skip 1.
  EXPECT_EQ(output.deep_feature.item<float>(), 106);
  EXPECT_EQ(output.model_output.item<float>(), 106 + 2 + 1);
}

TEST(UNetLadder, FullHandsOutTheFeaturesOfSeveralBranchesOfOneRun) {
  Calls calls;
  const UNetLadder ladder(counting_rungs(calls, 3), 3, 1);
  const std::vector<int> branches{0, 2};
  const UNet::FullOutputs outputs = ladder.full(kInput, branches);
  EXPECT_EQ(std::count(calls.begin(), calls.end(), "mid"), 1);
  ASSERT_EQ(outputs.deep_features.size(), 2U);
  EXPECT_EQ(outputs.deep_features[0].item<float>(), 106 + 2) << "enters up2, the rung of skip 0";
  EXPECT_EQ(outputs.deep_features[1].item<float>(), 103) << "comes out of mid";
  EXPECT_EQ(outputs.model_output.item<float>(), 106 + 2 + 1);
}

TEST(UNetLadder, ShallowRunsTheOuterRungsOfTheBranch) {
  Calls calls;
  const UNetLadder ladder(counting_rungs(calls, 3), 3, 1);
  const at::Tensor output = ladder.shallow(kInput, 1, at::full({1, 1, 1, 1}, 50));
  EXPECT_THAT(calls, ElementsAre("time", "down0", "down1", "up1", "up2", "out"));
  EXPECT_EQ(output.item<float>(), 50 + 2 + 1);
}

TEST(UNetLadder, BranchZeroIsConvInAndOneUpRung) {
  Calls calls;
  const UNetLadder ladder(counting_rungs(calls, 3), 3, 1);
  ladder.shallow(kInput, 0, at::zeros({1, 1, 1, 1}));
  EXPECT_THAT(calls, ElementsAre("time", "down0", "up2", "out"));
}

TEST(UNetLadder, ACachedStepOnTheSameInputEqualsTheFullOne) {
  Calls calls;
  const UNetLadder ladder(counting_rungs(calls, 4), 4, 1);
  for (int branch = 0; branch < 4; ++branch) {
    const UNetLadder::FullOutput full = ladder.full(kInput, branch);
    EXPECT_TRUE(at::equal(ladder.shallow(kInput, branch, full.deep_feature), full.model_output)) << branch;
  }
}

TEST(UNetLadder, AddsResidualsToWhatIsTakenFromSkipsAndMid) {
  Calls calls;
  const UNetLadder ladder(counting_rungs(calls, 3), 3, 1);
  const auto number = [](double value) { return at::full({1, 1, 1, 1}, value); };
  const UNetResiduals residuals{{number(0.5), number(20), number(3000)}, number(0.25)};
  UNetInput input = kInput;
  input.residuals = &residuals;
  const UNet::FullOutput output = ladder.full(input, 1);
  // Without: skips 1, 2, 3; mid, which a residual does not reach on the way down, 103.
  EXPECT_EQ(output.deep_feature.item<float>(), 103.25 + 3003);
  EXPECT_EQ(output.model_output.item<float>(), 103.25 + 3003 + 22 + 1.5);
  // A cached call needs those of its own skips only: what is kept has the deeper ones in it.
  const UNetResiduals outer{{number(0.5), number(20)}, {}};
  input.residuals = &outer;
  EXPECT_EQ(ladder.shallow(input, 1, output.deep_feature).item<float>(), output.model_output.item<float>());
}

// What is kept there comes out of mid, which each call has a residual of its own for.
TEST(UNetLadder, AtTheDeepestBranchEachCallAddsItsResidualOfMid) {
  Calls calls;
  const UNetLadder ladder(counting_rungs(calls, 2), 2, 1);
  const auto number = [](double value) { return at::full({1, 1, 1, 1}, value); };
  const UNetResiduals first{{number(0), number(0)}, number(1000)}, second{{number(0), number(0)}, number(5000)};
  UNetInput input = kInput;
  input.residuals = &first;
  const UNet::FullOutput output = ladder.full(input, 1);
  EXPECT_EQ(output.deep_feature.item<float>(), 102) << "without the residual";
  EXPECT_EQ(output.model_output.item<float>(), 1102 + 2 + 1);
  EXPECT_EQ(ladder.shallow(input, 1, output.deep_feature).item<float>(), 1105);
  input.residuals = &second;
  EXPECT_EQ(ladder.shallow(input, 1, output.deep_feature).item<float>(), 5105);
  input.residuals = nullptr;
  EXPECT_EQ(ladder.shallow(input, 1, output.deep_feature).item<float>(), 105) << "where the net has ended";
}

TEST(UNetLadder, TellsTheTimeEmbeddingGuidanceBehindWhatIsAdded) {
  class Recorder : public Module {
   public:
    explicit Recorder(std::vector<at::Tensor>& seen) : seen_(seen) {}
    std::vector<at::Tensor> run(const std::vector<at::Tensor>& inputs) const override {
      seen_ = inputs;
      return {inputs.at(0)};
    }

   private:
    std::vector<at::Tensor>& seen_;
  };
  Calls calls;
  std::vector<at::Tensor> seen;
  UNetRungs rungs = counting_rungs(calls, 1);
  rungs.time_embedding = std::make_unique<Recorder>(seen);
  const UNetLadder ladder(std::move(rungs), 1, 1);
  const Conditioning conditioning{at::zeros({1, 1, 1}), {at::full({1}, 3.0)}};
  UNetInput input{at::zeros({1, 1, 1, 1}), at::zeros({1}), conditioning};
  ladder.full(input, 0);
  EXPECT_EQ(seen.size(), 2u);
  input.guidance = at::full({1}, 6.5);
  for (const bool cached : {false, true}) {
    seen.clear();
    cached ? (void)ladder.shallow(input, 0, at::zeros({1, 1, 1, 1})) : (void)ladder.full(input, 0);
    ASSERT_EQ(seen.size(), 3u);
    EXPECT_EQ(seen[1].item<float>(), 3.0f);
    EXPECT_EQ(seen[2].item<float>(), 6.5f);
  }
}

TEST(UNetLadder, RefusesAResidualThatWouldBeBroadcast) {
  Calls calls;
  const UNetLadder ladder(counting_rungs(calls, 2), 2, 1);
  UNetInput input = kInput;
  const UNetResiduals skip{{at::zeros({2, 1, 1, 1})}, {}}, mid{{}, at::zeros({1})};
  input.residuals = &skip;
  EXPECT_THAT([&] { ladder.full(input, 0); }, ThrowsMessage<Error>(HasSubstr("the residual of skip 0")));
  input.residuals = &mid;
  EXPECT_THAT([&] { ladder.full(input, 0); }, ThrowsMessage<Error>(HasSubstr("the residual of the UNet's mid")));
}

TEST(UNetLadder, MayReadMoreChannelsThanItReturns) {
  Calls calls;
  UNetRungs rungs = counting_rungs(calls, 2);
  rungs.out = std::make_unique<ReturningModule>(std::vector{at::ones({1, 4, 2, 2})});
  const UNetLadder inpainting(std::move(rungs), 2, 4);
  const UNetInput input{at::zeros({1, 9, 2, 2}), at::zeros({1}), kNothing};
  EXPECT_EQ(inpainting.full(input, 0).model_output.size(1), 4);
}

// A UNet of three rungs, one part of which returns something else.
class OddUNet : public testing::Test {
 protected:
  void expect_refused(UNetRungs rungs, const std::string& reason) const {
    const UNetLadder ladder(std::move(rungs), 3, 1);
    EXPECT_THAT([&] { ladder.full(kInput, 0); }, ThrowsMessage<Error>(HasSubstr(reason)));
  }

  // Puts modules that return what no rung may there, one after the other.
  template <typename Place>
  void expect_each_refused(const std::string& name, const Place& place) {
    for (const std::vector<at::Tensor>& outputs :
         std::vector<std::vector<at::Tensor>>{{},
                                              {at::ones({1, 1, 1, 1}), at::ones({1, 1, 1, 1})},
                                              {at::ones({1, 1, 1, 1}, at::kLong)},
                                              {at::Tensor()}}) {
      UNetRungs rungs = counting_rungs(calls, 3);
      place(rungs) = std::make_unique<ReturningModule>(outputs);
      expect_refused(std::move(rungs), "the UNet's " + name + " returned");
    }
  }

  Calls calls;
};

TEST_F(OddUNet, NamesThePartThatReturnsNoSingleTensor) {
  expect_each_refused(
      "time_embedding", [](UNetRungs & rungs) -> auto& { return rungs.time_embedding; });
  expect_each_refused(
      "down.0", [](UNetRungs & rungs) -> auto& { return rungs.down[0]; });
  expect_each_refused(
      "mid", [](UNetRungs & rungs) -> auto& { return rungs.mid; });
  expect_each_refused(
      "up.2", [](UNetRungs & rungs) -> auto& { return rungs.up[2]; });
  expect_each_refused(
      "out", [](UNetRungs & rungs) -> auto& { return rungs.out; });
}

TEST_F(OddUNet, NamesTheRungThatReturnsNoImageForEachOfTheBatch) {
  for (const std::vector<std::int64_t>& sizes : std::vector<std::vector<std::int64_t>>{
           {}, {1}, {1, 1, 1}, {2, 1, 1, 1}, {0, 1, 1, 1}, {1, 0, 1, 1}, {1, 1, 1, 1, 1}}) {
    UNetRungs rungs = counting_rungs(calls, 3);
    rungs.down[1] = std::make_unique<ReturningModule>(std::vector{at::ones(sizes)});
    expect_refused(std::move(rungs), "the UNet's down.1 returned a tensor of shape");
  }
}

// They could be broadcast.
TEST_F(OddUNet, RefusesAnOutputOfAnotherShapeThanTheLatents) {
  for (const std::vector<std::int64_t>& sizes :
       std::vector<std::vector<std::int64_t>>{{}, {1}, {1, 1, 1}, {1, 2, 1, 1}}) {
    UNetRungs rungs = counting_rungs(calls, 3);
    rungs.out = std::make_unique<ReturningModule>(std::vector{at::ones(sizes)});
    expect_refused(std::move(rungs), "where [1, 1, 1, 1] is expected");
  }
  UNetRungs rungs = counting_rungs(calls, 3);
  rungs.out = std::make_unique<ReturningModule>(std::vector{at::ones({1, 1, 1, 2})});
  EXPECT_THROW(UNetLadder(std::move(rungs), 3, 1).shallow(kInput, 0, at::ones({1, 1, 1, 1})), Error);
}

TEST(UNetLadder, RefusesAnotherNumberOfRungsThanModelJsonSays) {
  Calls calls;
  EXPECT_THAT([&] { UNetLadder(counting_rungs(calls, 3), 12, 1); },
              ThrowsMessage<Error>(HasSubstr("3 down and 3 up rungs, model.json says 12")));
}

}  // namespace
}  // namespace deepcache_gen
