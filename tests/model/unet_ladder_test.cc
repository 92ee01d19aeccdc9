#include "model/unet_ladder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/counting_rungs.h"
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
  const UNetLadder ladder(counting_rungs(calls, 3), 3);
  const UNetLadder::FullOutput output = ladder.full(kInput, 1);
  EXPECT_THAT(calls, ElementsAre("time", "down0", "down1", "down2", "mid", "up0", "up1", "up2", "out"));
  // Skips are 1, 2, 3; mid gives 103; up0 adds skip 2 (3): 106 enters up1, the rung of skip 1.
  EXPECT_EQ(output.deep_feature.item<float>(), 106);
  EXPECT_EQ(output.model_output.item<float>(), 106 + 2 + 1);
}

TEST(UNetLadder, ShallowRunsTheOuterRungsOfTheBranch) {
  Calls calls;
  const UNetLadder ladder(counting_rungs(calls, 3), 3);
  const at::Tensor output = ladder.shallow(kInput, 1, at::full({1, 1, 1, 1}, 50));
  EXPECT_THAT(calls, ElementsAre("time", "down0", "down1", "up1", "up2", "out"));
  EXPECT_EQ(output.item<float>(), 50 + 2 + 1);
}

TEST(UNetLadder, BranchZeroIsConvInAndOneUpRung) {
  Calls calls;
  const UNetLadder ladder(counting_rungs(calls, 3), 3);
  ladder.shallow(kInput, 0, at::zeros({1, 1, 1, 1}));
  EXPECT_THAT(calls, ElementsAre("time", "down0", "up2", "out"));
}

TEST(UNetLadder, ACachedStepOnTheSameInputEqualsTheFullOne) {
  Calls calls;
  const UNetLadder ladder(counting_rungs(calls, 4), 4);
  for (int branch = 0; branch < 4; ++branch) {
    const UNetLadder::FullOutput full = ladder.full(kInput, branch);
    EXPECT_TRUE(at::equal(ladder.shallow(kInput, branch, full.deep_feature), full.model_output)) << branch;
  }
}

TEST(UNetLadder, RefusesAnotherNumberOfRungsThanModelJsonSays) {
  Calls calls;
  EXPECT_THAT([&] { UNetLadder(counting_rungs(calls, 3), 12); },
              ThrowsMessage<Error>(HasSubstr("3 down and 3 up rungs, model.json says 12")));
}

}  // namespace
}  // namespace deepcache_gen
