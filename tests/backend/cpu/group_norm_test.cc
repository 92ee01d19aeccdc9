#include "backend/cpu/group_norm.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

#include "backend/relative_difference.h"

namespace deepcache_gen {
namespace {

constexpr double kEpsilon = 1e-5;
constexpr double kSumsTolerance = 2e-6;  // some roundings of 6e-8 each, of terms a few times as large as their sum

struct Shape {
  std::int64_t channels;
  std::int64_t groups;
  std::int64_t height = 5, width = 7;
  std::int64_t batch = 1;
};

std::optional<at::Tensor> in_double(const std::optional<at::Tensor>& tensor) {
  return tensor ? std::optional(tensor->to(at::kDouble)) : std::nullopt;
}

class GroupNormTest : public testing::Test {
 protected:
  static at::Tensor random_images(const Shape& shape) {
    return at::randn({shape.batch, shape.channels, shape.height, shape.width})
        .contiguous(at::MemoryFormat::ChannelsLast);
  }

  void give_weights(std::int64_t channels) {
    weight = at::randn({channels}) + 2;
    bias = at::randn({channels});
  }

  at::Tensor expected(const at::Tensor& input, std::int64_t groups, bool silu) const {
    const at::Tensor normal =
        at::group_norm(input.to(at::kDouble), groups, in_double(weight), in_double(bias), kEpsilon);
    return silu ? at::silu(normal) : normal;
  }

  at::Tensor run(const at::Tensor& input, std::int64_t groups, bool silu, const at::Tensor& addend = {}) const {
    return GroupNorm(weight, bias, {.groups = groups, .epsilon = kEpsilon, .silu = silu}).run(input, addend);
  }

  void expect_normalized(const at::Tensor& input, std::int64_t groups, double tolerance = kSumsTolerance) const {
    for (const bool silu : {false, true}) {
      EXPECT_LE(relative_difference(run(input, groups, silu), expected(input, groups, silu)), tolerance) << silu;
    }
  }

  std::optional<at::Tensor> weight, bias;
};

TEST_F(GroupNormTest, NormalizesGroupsOfAnySize) {
  for (const Shape& shape :
       {Shape{32, 32}, Shape{32, 1}, Shape{320, 32}, Shape{15, 5}, Shape{6, 3}, Shape{7, 1}, Shape{1, 1}}) {
    SCOPED_TRACE(testing::Message() << shape.channels << " channels in " << shape.groups << " groups");
    give_weights(shape.channels);
    expect_normalized(random_images(shape), shape.groups);
  }
}

TEST_F(GroupNormTest, NormalizesImagesOfAnySize) {
  for (const auto& [height, width] : {std::pair{1, 2}, {3, 1}, {13, 17}, {8, 16}, {43, 3}, {64, 64}}) {
    SCOPED_TRACE(testing::Message() << height << " x " << width);
    give_weights(24);
    expect_normalized(random_images({24, 4, height, width}), 4);
  }
}

TEST_F(GroupNormTest, NormalizesEveryImageOfABatchOnItsOwn) {
  give_weights(24);
  const at::Tensor images = random_images({24, 4, 13, 17, 3});
  images[1] *= 100;
  images[2] -= 5;
  expect_normalized(images, 4);
}

TEST_F(GroupNormTest, NeedsNeitherWeightNorBias) {
  const at::Tensor images = random_images({24, 4});
  expect_normalized(images, 4);
  weight = at::randn({24}) + 2;
  expect_normalized(images, 4);
  weight.reset();
  bias = at::randn({24});
  expect_normalized(images, 4);
}

TEST_F(GroupNormTest, TakesImagesThatAreNotChannelsLast) {
  give_weights(24);
  const at::Tensor images = random_images({24, 4, 13, 17, 2});
  expect_normalized(images.contiguous(), 4);
  expect_normalized(images.slice(3, 0, 17, 2), 4);
}

TEST_F(GroupNormTest, TakesRowsOfPixels) {
  give_weights(24);
  expect_normalized(at::randn({2, 24, 221}), 4);
}

TEST_F(GroupNormTest, LeavesItsInputAlone) {
  const at::Tensor images = random_images({24, 4}), before = images.clone();
  run(images, 4, true);
  EXPECT_TRUE(images.equal(before));
}

TEST_F(GroupNormTest, AddsTheAddendFirst) {
  give_weights(24);
  const at::Tensor images = random_images({24, 4, 13, 17, 2}), addend = 3 * at::randn({2, 24, 1, 1});
  for (const bool silu : {false, true}) {
    EXPECT_LE(relative_difference(run(images, 4, silu, addend), expected(images + addend, 4, silu)), kSumsTolerance);
  }
}

TEST_F(GroupNormTest, AddsAnAddendOfAnotherShapeToo) {
  const at::Tensor images = random_images({24, 4, 13, 17, 2});
  for (const at::Tensor& addend : {at::randn({1, 24, 1, 1}), at::randn({24, 1, 1}), at::randn({2, 24, 13, 17}),
                                   at::randn({2, 1, 1, 17}), at::randn({2, 1, 1, 1})}) {
    const at::Tensor wanted = expected(images + addend, 4, false);
    EXPECT_LE(relative_difference(run(images, 4, false, addend), wanted), kSumsTolerance) << addend.sizes();
  }
}

TEST_F(GroupNormTest, AddsAnAddendThatMakesTheInputLarger) {
  const at::Tensor image = random_images({24, 4}), addend = at::randn({3, 24, 1, 1});
  EXPECT_LE(relative_difference(run(image, 4, false, addend), expected(image + addend, 4, false)), kSumsTolerance);
}

TEST_F(GroupNormTest, AddsAnAddendToRowsOfPixels) {
  const at::Tensor rows = at::randn({2, 24, 221}), addend = at::randn({2, 24, 1});
  EXPECT_LE(relative_difference(run(rows, 4, false, addend), expected(rows + addend, 4, false)), kSumsTolerance);
}

// y = x * scale + shift rounds three times relative to terms of about 1000, 2^-24 each. One-pass sums of squares would
// lose the variance entirely.
TEST_F(GroupNormTest, KeepsItsPrecisionWhereTheMeanIsFarFromZero) {
  const at::Tensor images = random_images({24, 4, 43, 17, 2}) + 1000;
  const at::Tensor difference = run(images, 4, false).to(at::kDouble) - expected(images, 4, false);
  EXPECT_LE(difference.abs().max().item<double>(), 3 * 0x1p-24 * 1005);
}

TEST_F(GroupNormTest, ChannelsOfAGroupMayHaveMeansFarFromEachOther) {
  const at::Tensor images = random_images({24, 4, 13, 17}) + at::arange(24).view({1, 24, 1, 1}) * 100;
  expect_normalized(images, 4);
}

// There y = x * scale + shift is a difference of two terms of x * weight / sqrt(epsilon), which three roundings err by.
TEST_F(GroupNormTest, GivesTheBiasWhereAllPixelsAreEqual) {
  give_weights(24);
  const at::Tensor output = run(at::full({1, 24, 5, 7}, 0.75), 4, false);
  const at::Tensor terms = 0.75 * weight->abs() / std::sqrt(kEpsilon);
  const at::Tensor errors = (output - bias->view({1, 24, 1, 1})).abs().amax({0, 2, 3});
  EXPECT_TRUE(errors.le(3 * 0x1p-24 * terms).all().item<bool>()) << errors;
}

TEST_F(GroupNormTest, Bfloat16DiffersByTheRoundingOfTheResult) {
  give_weights(24);
  const at::Tensor images = random_images({24, 4, 13, 17, 2}).to(at::kBFloat16);
  EXPECT_EQ(run(images, 4, true).scalar_type(), at::kBFloat16);
  expect_normalized(images, 4, 0x1p-8 + kSumsTolerance);
}

TEST_F(GroupNormTest, AddsAnAddendInBfloat16) {
  const at::Tensor images = random_images({24, 4, 13, 17, 2}).to(at::kBFloat16);
  const at::Tensor addend = at::randn({2, 24, 1, 1}).to(at::kBFloat16);
  const at::Tensor sum = images.to(at::kDouble) + addend.to(at::kDouble);
  EXPECT_LE(relative_difference(run(images, 4, true, addend), expected(sum, 4, true)), 0x1p-8 + kSumsTolerance);
}

}  // namespace
}  // namespace deepcache_gen
