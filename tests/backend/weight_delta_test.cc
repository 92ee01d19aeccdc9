#include "backend/weight_delta.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/error.h"

namespace deepcache_gen {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;

void expect_refused(const WeightDelta& delta, at::IntArrayRef weight) {
  EXPECT_THAT(
      [&] {
        require_fitting({"resnet.conv1.weight", delta}, weight);
      },
      ThrowsMessage<Error>(AllOf(HasSubstr("'resnet.conv1.weight' is "), HasSubstr(c10::str(weight)))));
}

TEST(WeightDelta, OfALinear) {
  require_fitting({"w", at::zeros({6, 5})}, {6, 5});
  require_fitting({"w", std::nullopt}, {6, 5});
  require_fitting({"w", LowRankDelta{at::zeros({6, 2}), at::zeros({2, 5}, at::kHalf)}}, {6, 5});
  expect_refused(at::zeros({5, 6}), {6, 5});
  expect_refused(at::zeros({30}), {6, 5});
  expect_refused(at::Tensor(), {6, 5});
  expect_refused(at::zeros({6, 5}, at::kLong), {6, 5});
  expect_refused(at::zeros({6, 5}, at::kMeta), {6, 5});
  expect_refused(at::zeros({6, 5}).to_sparse(), {6, 5});
  expect_refused(LowRankDelta{at::zeros({6, 2}), at::zeros({3, 5})}, {6, 5});
  expect_refused(LowRankDelta{at::zeros({2, 6}), at::zeros({5, 2})}, {6, 5});
  expect_refused(LowRankDelta{at::zeros({6}), at::zeros({1, 5})}, {6, 5});
  expect_refused(LowRankDelta{at::zeros({6, 2}), at::Tensor()}, {6, 5});
  expect_refused(LowRankDelta{at::zeros({6, 2}), at::zeros({2, 5}, at::kLong)}, {6, 5});
}

TEST(WeightDelta, IsAddedByItsScale) {
  const at::Tensor up = at::rand({6, 2}), down = at::rand({2, 5}), full = at::rand({6, 5});
  const at::Tensor sum = at::zeros({6, 5});
  add_delta(sum, LowRankDelta{up, down, 3});
  add_delta(sum, FullDelta(full.to(at::kDouble), -2));
  EXPECT_TRUE(sum.allclose(3 * up.matmul(down) - 2 * full));
}

TEST(WeightDelta, IsKnownByItsTensorsAndItsScale) {
  const at::Tensor full = at::rand({6, 5});
  const DeltaIdentity identity(FullDelta(full, 0.5));
  EXPECT_TRUE(identity.is_of(FullDelta(full, 0.5)));
  EXPECT_FALSE(identity.is_of(FullDelta(full, 0.25)));
  EXPECT_FALSE(identity.is_of(FullDelta(full.clone(), 0.5)));
}

TEST(WeightDelta, OfAConvolution) {
  const std::vector<std::int64_t> weight{6, 5, 3, 2};
  require_fitting({"w", at::zeros(weight)}, weight);
  require_fitting({"w", LowRankDelta{at::zeros({6, 2, 1, 1}), at::zeros({2, 5, 3, 2})}}, weight);
  require_fitting({"w", LowRankDelta{at::zeros({6, 2}), at::zeros({2, 30})}}, weight);
  expect_refused(at::zeros({6, 30}), weight);
  expect_refused(LowRankDelta{at::zeros({6, 2, 3, 2}), at::zeros({2, 5, 1, 1})}, weight);
  expect_refused(LowRankDelta{at::zeros({6, 2}), at::zeros({2, 5, 2, 3})}, weight);
  expect_refused(LowRankDelta{at::zeros({6, 2}), at::zeros({2, 5})}, weight);
}

}  // namespace
}  // namespace deepcache_gen
