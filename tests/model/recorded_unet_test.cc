#include "model/recorded_unet.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "model/counting_rungs.h"
#include "model/fake_recorder.h"

namespace deepcache_gen {
namespace {

using testing::HasSubstr;
using testing::Optional;
using testing::SizeIs;

class RecordedUNetTest : public testing::Test {
 protected:
  static Conditioning text(std::int64_t batch, double number) { return {at::full({batch, 1, 1}, number), {}}; }

  // Full and cached, with numbers that differ from call to call.
  void expect_as_the_ladder(const Conditioning& conditioning, double number, int branch = 1) {
    const std::int64_t batch = conditioning.context.size(0);
    const UNetInput input{at::full({batch, 1, 1, 1}, number), at::full({batch}, number), conditioning};
    const UNet::FullOutput expected = ladder.full(input, branch), made = recorded.full(input, branch);
    EXPECT_TRUE(at::equal(made.model_output, expected.model_output));
    EXPECT_TRUE(at::equal(made.deep_feature, expected.deep_feature));
    const at::Tensor cached = ladder.shallow(input, branch, expected.deep_feature);
    EXPECT_TRUE(at::equal(recorded.shallow(input, branch, made.deep_feature), cached));
  }

  Calls calls;
  int records = 0;
  bool fails = false;
  const UNetLadder ladder{counting_rungs(calls, 3), 3, 1};
  const RecordedUNet recorded{ladder, std::make_unique<FakeRecorder>(records, &fails)};
};

TEST_F(RecordedUNetTest, PlaysEveryKindOfCallAsTheUNetMakesIt) {
  for (int round = 0; round < 4; ++round) {
    for (const std::int64_t batch : {1, 2}) expect_as_the_ladder(text(batch, round), 10.0 * round + 1);
  }
  EXPECT_EQ(recorded.recordings(), 4u) << "full and cached of two batch sizes, each once";
  EXPECT_EQ(records, 4);
}

TEST_F(RecordedUNetTest, RecordsACallTheSecondTime) {
  expect_as_the_ladder(text(2, 1), 1);
  EXPECT_EQ(records, 0);
  expect_as_the_ladder(text(2, 1), 2);
  EXPECT_EQ(records, 2);
  calls.clear();
  expect_as_the_ladder(text(2, 1), 3);
  EXPECT_THAT(calls, SizeIs(2 * 15)) << "of the ladder itself, and the fake recordings' own";
}

// The conditional half of what both halves kept.
TEST_F(RecordedUNetTest, ReadsAPartOfTheDeepFeatureWhereItLies) {
  const Conditioning both = text(2, 3), half = text(1, 3);
  for (int round = 0; round < 4; ++round) {
    const at::Tensor latents = at::arange(2 * round, 2 * round + 2, at::kFloat).view({2, 1, 1, 1});
    const UNetInput input{latents, at::zeros({2}), both}, conditional{latents.slice(0, 1), at::zeros({1}), half};
    const at::Tensor kept = recorded.full(input, 1).deep_feature, expected = ladder.full(input, 1).deep_feature;
    EXPECT_TRUE(at::equal(recorded.shallow(conditional, 1, kept.chunk(2)[1]),
                          ladder.shallow(conditional, 1, expected.chunk(2)[1])));
  }
  EXPECT_EQ(recorded.recordings(), 2u);
}

// What was moved on from two full calls is a tensor of the denoiser's.
TEST_F(RecordedUNetTest, TakesADeepFeatureOfAnyOrigin) {
  const Conditioning conditioning = text(1, 0);
  for (int round = 0; round < 4; ++round) {
    const UNetInput input{at::full({1, 1, 1, 1}, round), at::zeros({1}), conditioning};
    const at::Tensor feature = at::full({1, 1, 1, 1}, 7.0 * round);
    EXPECT_TRUE(at::equal(recorded.shallow(input, 1, feature), ladder.shallow(input, 1, feature)));
  }
  EXPECT_EQ(recorded.recordings(), 1u) << "wherever the feature lay";
}

TEST_F(RecordedUNetTest, KeepsBranchesApart) {
  for (int round = 0; round < 3; ++round) {
    for (const int branch : {0, 1, 2}) expect_as_the_ladder(text(1, 0), round, branch);
  }
  EXPECT_EQ(recorded.recordings(), 6u);
}

TEST_F(RecordedUNetTest, RemembersABoundedNumberOfSizes) {
  for (int round = 0; round < 2; ++round) {
    for (std::int64_t batch = 1; batch <= 40; ++batch) {
      for (int time = 0; time < 2; ++time) expect_as_the_ladder(text(batch, 1), round + time);
    }
  }
  EXPECT_LE(recorded.recordings(), 24u);
  EXPECT_EQ(records, 2 * 40 * 2) << "what was let go is recorded anew";
}

TEST_F(RecordedUNetTest, IsAsUsualWhereNothingCanBeRecorded) {
  fails = true;
  for (int round = 0; round < 4; ++round) expect_as_the_ladder(text(1, 1), round);
  EXPECT_EQ(records, 1) << "it is not tried again";
  EXPECT_EQ(recorded.recordings(), 0u);
  EXPECT_THAT(recorded.take_problem(), Optional(HasSubstr("can't be recorded")));
  EXPECT_EQ(recorded.take_problem(), std::nullopt) << "told once";
}

// Other residuals every time, as many as the kind of call has skips; and none at last.
TEST_F(RecordedUNetTest, PlaysCallsThatAControlNetTakesPartIn) {
  const Conditioning conditioning = text(1, 1);
  for (int round = 0; round < 4; ++round) {
    const at::Tensor residual = at::full({1, 1, 1, 1}, 10.0 * round);
    const UNetResiduals all{{residual, residual + 1, residual + 2}, residual + 3}, outer{{residual, residual + 1}, {}};
    UNetInput input{at::ones({1, 1, 1, 1}), at::zeros({1}), conditioning, &all};
    const UNet::FullOutput made = recorded.full(input, 1), expected = ladder.full(input, 1);
    EXPECT_TRUE(at::equal(made.model_output, expected.model_output));
    const at::Tensor feature = expected.deep_feature.clone();
    input.residuals = &outer;
    EXPECT_TRUE(at::equal(recorded.shallow(input, 1, made.deep_feature), ladder.shallow(input, 1, feature)));
  }
  EXPECT_EQ(recorded.recordings(), 2u);
  const UNetInput unsteered{at::ones({1, 1, 1, 1}), at::zeros({1}), conditioning};
  EXPECT_TRUE(at::equal(recorded.full(unsteered, 1).model_output, ladder.full(unsteered, 1).model_output));
  EXPECT_EQ(recorded.recordings(), 2u) << "a call of another kind, made for the first time";
}

}  // namespace
}  // namespace deepcache_gen
