#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "backend/fused_operators.h"
#include "backend/relative_difference.h"
#include "support/error.h"

namespace deepcache_gen {
namespace {

constexpr double kEps = 1e-5;
constexpr double kSumsTolerance = 4e-6;  // some roundings of 6e-8 each, of terms a few times as large as their sum

// What sums and the rounding of the result may change.
double tolerance(at::ScalarType dtype) {
  if (dtype == at::kHalf) return 0x1p-11 + kSumsTolerance;
  return dtype == at::kBFloat16 ? 0x1p-8 + kSumsTolerance : kSumsTolerance;
}

constexpr at::ScalarType kDtypes[] = {at::kFloat, at::kHalf, at::kBFloat16};

struct Shape {
  std::int64_t batch, channels, groups, height, width;
};

GroupNormInputs random_inputs(const Shape& shape, at::ScalarType dtype = at::kFloat) {
  at::manual_seed(1);
  return {.input = at::randn({shape.batch, shape.channels, shape.height, shape.width})
                       .to(dtype)
                       .contiguous(at::MemoryFormat::ChannelsLast),
          .addend = {},
          .groups = shape.groups,
          .weight = (at::randn({shape.channels}) + 2).to(dtype),
          .bias = at::randn({shape.channels}).to(dtype),
          .eps = kEps,
          .silu = false};
}

at::Tensor expected(const GroupNormInputs& inputs) {
  at::Tensor input = inputs.input.to(at::kDouble);
  if (inputs.addend.defined()) input = input + inputs.addend.to(at::kDouble);
  const at::Tensor normal =
      at::group_norm(input, inputs.groups, inputs.weight.to(at::kDouble), inputs.bias.to(at::kDouble), inputs.eps);
  return inputs.silu ? at::silu(normal) : normal;
}

void expect_normalized(GroupNormInputs inputs) {
  for (const bool silu : {false, true}) {
    inputs.silu = silu;
    const at::Tensor output = fused_operators_on_cpu().group_norm(inputs);
    EXPECT_EQ(output.scalar_type(), inputs.input.scalar_type());
    EXPECT_TRUE(output.is_contiguous(at::MemoryFormat::ChannelsLast));
    EXPECT_LE(relative_difference(output, expected(inputs)), tolerance(inputs.input.scalar_type())) << "silu " << silu;
  }
}

TEST(FusedGroupNorm, NormalizesImagesOfAnySize) {
  for (const Shape& shape :
       {Shape{2, 320, 32, 8, 8}, Shape{1, 640, 32, 5, 7}, Shape{1, 960, 32, 3, 2}, Shape{3, 30, 3, 9, 1},
        Shape{1, 7, 7, 4, 5}, Shape{2, 15, 5, 13, 17}, Shape{1, 1, 1, 3, 3}, Shape{1, 4096, 1, 2, 3},
        Shape{1, 64, 32, 96, 64}, Shape{0, 32, 4, 3, 3}, Shape{2, 32, 4, 0, 3}}) {
    for (const at::ScalarType dtype : kDtypes) {
      SCOPED_TRACE(testing::Message() << dtype << ' ' << shape.batch << " x " << shape.channels << " in "
                                      << shape.groups << ", " << shape.height << " x " << shape.width);
      if (shape.batch * shape.height == 0) {
        EXPECT_EQ(fused_operators_on_cpu().group_norm(random_inputs(shape, dtype)).numel(), 0);
      } else {
        expect_normalized(random_inputs(shape, dtype));
      }
    }
  }
}

TEST(FusedGroupNorm, AddsTheAddendFirst) {
  for (const at::ScalarType dtype : kDtypes) {
    GroupNormInputs inputs = random_inputs({3, 40, 4, 6, 5}, dtype);
    inputs.addend = (5 * at::randn({3, 40, 1, 1})).to(dtype);
    SCOPED_TRACE(dtype);
    expect_normalized(inputs);
  }
}

TEST(FusedGroupNorm, OnePixelIsNormalizedOverItsChannels) {
  for (const at::ScalarType dtype : kDtypes) expect_normalized(random_inputs({2, 64, 4, 1, 1}, dtype));
}

// There x * scale + shift is a difference of two terms of x * weight / sqrt(eps), which three roundings err by.
TEST(FusedGroupNorm, OnePixelAndChannelGivesTheBias) {
  const GroupNormInputs inputs = random_inputs({1, 8, 8, 1, 1});
  const at::Tensor errors = (fused_operators_on_cpu().group_norm(inputs).flatten() - inputs.bias).abs();
  const at::Tensor terms = (inputs.input.flatten() * inputs.weight).abs() / std::sqrt(kEps);
  EXPECT_TRUE(errors.le(3 * 0x1p-24 * terms).all().item<bool>()) << errors;
}

// The mean itself is rounded, and so are terms of its size.
TEST(FusedGroupNorm, KeepsItsPrecisionWhereTheMeanIsFarFromZero) {
  GroupNormInputs inputs = random_inputs({2, 40, 4, 70, 70});
  inputs.input += 1e4;
  const at::Tensor difference = fused_operators_on_cpu().group_norm(inputs).to(at::kDouble) - expected(inputs);
  EXPECT_LE(difference.abs().max().item<double>(), 3 * 0x1p-24 * 1e4 * inputs.weight.abs().max().item<double>());
}

TEST(FusedGroupNorm, TheFirstPixelMayLieFarOff) {
  GroupNormInputs inputs = random_inputs({1, 40, 4, 96, 96});
  inputs.input.select(2, 0).select(2, 0).fill_(1e3);
  expect_normalized(inputs);
}

TEST(FusedGroupNorm, ChannelsOfAGroupMayHaveMeansFarFromEachOther) {
  GroupNormInputs inputs = random_inputs({2, 24, 4, 13, 17});
  inputs.input += at::arange(24).view({1, 24, 1, 1}) * 100;
  expect_normalized(inputs);
}

TEST(FusedGroupNorm, EveryImageOfABatchIsOnItsOwn) {
  GroupNormInputs inputs = random_inputs({3, 24, 4, 13, 17});
  inputs.input[1] *= 100;
  inputs.input[2] -= 5;
  expect_normalized(inputs);
}

TEST(FusedGroupNorm, TakesImagesThatAreNotChannelsLastOrNotAligned) {
  GroupNormInputs inputs = random_inputs({2, 24, 4, 6, 5});
  inputs.input = inputs.input.contiguous();
  expect_normalized(inputs);
  const at::Tensor memory = at::randn({2 * 24 * 6 * 5 + 1});
  inputs.input = memory.slice(0, 1).view({2, 6, 5, 24}).permute({0, 3, 1, 2});
  expect_normalized(inputs);
}

TEST(FusedGroupNorm, NumbersThatAreNoneStaySo) {
  GroupNormInputs inputs = random_inputs({2, 24, 4, 6, 5});
  inputs.input[0][0][1][1] = std::numeric_limits<float>::quiet_NaN();
  inputs.input[1][23][5][4] = std::numeric_limits<float>::infinity();
  const at::Tensor output = fused_operators_on_cpu().group_norm(inputs);
  EXPECT_TRUE(output[0].slice(0, 0, 6).isnan().all().item<bool>());
  EXPECT_TRUE(output[1].slice(0, 18).isnan().all().item<bool>());
  EXPECT_FALSE(output[1].slice(0, 0, 18).isnan().any().item<bool>());
}

template <typename Body>
std::string refusal(const Body& body) {
  try {
    body();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(FusedGroupNorm, RefusesWhatDoesNotFit) {
  const auto with = [](const auto& change) {
    GroupNormInputs inputs = random_inputs({2, 24, 4, 6, 5});
    change(inputs);
    return refusal([&] { fused_operators_on_cpu().group_norm(inputs); });
  };
  using testing::HasSubstr;
  EXPECT_EQ(with([](GroupNormInputs&) {}), "");
  EXPECT_THAT(with([](GroupNormInputs& x) { x.groups = 5; }), HasSubstr("channels that 5 groups can share equally"));
  EXPECT_THAT(with([](GroupNormInputs& x) { x.groups = 0; }), HasSubstr("channels that 0 groups can share equally"));
  EXPECT_THAT(with([](GroupNormInputs& x) { x.input.reset(); }), HasSubstr("got nothing"));
  EXPECT_THAT(with([](GroupNormInputs& x) { x.input = x.input.to(at::kDouble); }), HasSubstr("got Double"));
  EXPECT_THAT(with([](GroupNormInputs& x) { x.input = x.input.flatten(2); }), HasSubstr("of 4 dimensions"));
  EXPECT_THAT(with([](GroupNormInputs& x) { x.input = x.input.to(at::kMeta); }), HasSubstr("on a cpu device"));
  EXPECT_THAT(with([](GroupNormInputs& x) { x.weight = at::ones({23}); }), HasSubstr("[24] of that kind as weight"));
  EXPECT_THAT(with([](GroupNormInputs& x) { x.bias.reset(); }), HasSubstr("as bias, got nothing"));
  EXPECT_THAT(with([](GroupNormInputs& x) { x.bias = x.bias.to(at::kHalf); }), HasSubstr("as bias, got Half"));
  EXPECT_THAT(with([](GroupNormInputs& x) { x.addend = at::ones({1, 24, 1, 1}); }), HasSubstr("as addend"));
  GroupNormInputs wide = random_inputs({1, 4097, 1, 1, 1});
  EXPECT_THAT(refusal([&] { fused_operators_on_cpu().group_norm(wide); }), HasSubstr("at most 4096 channels"));
}

at::Tensor expected_gate(const at::Tensor& both) {
  const std::vector<at::Tensor> halves = both.to(at::kDouble).chunk(2, -1);
  return halves[0] * at::gelu(halves[1]);
}

TEST(FusedGeglu, GatesRowsOfAnyLength) {
  const std::vector<std::vector<std::int64_t>> shapes{{2, 9, 1280}, {3, 2 * 24}, {5, 2 * 7}, {2}, {1, 4, 2, 10}};
  for (const at::IntArrayRef shape : shapes) {
    for (const at::ScalarType dtype : kDtypes) {
      const at::Tensor both = (3 * at::randn(shape)).to(dtype);
      const at::Tensor output = fused_operators_on_cpu().geglu(both);
      EXPECT_EQ(output.scalar_type(), dtype);
      EXPECT_LE(relative_difference(output, expected_gate(both)), tolerance(dtype)) << dtype << ' ' << shape;
    }
  }
}

TEST(FusedGeglu, TakesNoRowsAndRowsThatAreApart) {
  EXPECT_EQ(fused_operators_on_cpu().geglu(at::empty({0, 6})).sizes(), at::IntArrayRef({0, 3}));
  EXPECT_EQ(fused_operators_on_cpu().geglu(at::empty({4, 0})).sizes(), at::IntArrayRef({4, 0}));
  const at::Tensor both = at::randn({16, 5}).t();
  EXPECT_LE(relative_difference(fused_operators_on_cpu().geglu(both), expected_gate(both)), kSumsTolerance);
}

TEST(FusedGeglu, RefusesWhatHasNoTwoHalves) {
  EXPECT_THAT(refusal([] { fused_operators_on_cpu().geglu(at::ones({3, 5})); }), testing::HasSubstr("rows of 5"));
  EXPECT_THAT(refusal([] { fused_operators_on_cpu().geglu(at::ones({})); }), testing::HasSubstr("1 dimensions"));
  EXPECT_THAT(refusal([] { fused_operators_on_cpu().geglu(at::ones({4}, at::kInt)); }), testing::HasSubstr("got Int"));
}

std::vector<WeighedTensor> random_terms(int count, at::IntArrayRef shape) {
  at::manual_seed(1);
  std::vector<WeighedTensor> terms;
  for (int i = 0; i < count; ++i) terms.push_back({at::randn(shape), 0.75F * static_cast<float>(i) - 1.5F});
  return terms;
}

void expect_sum(const std::vector<WeighedTensor>& terms) {
  at::Tensor sum = at::zeros(terms.front().tensor.sizes(), at::kDouble);
  for (const auto& [tensor, weight] : terms) sum += tensor.to(at::kDouble) * weight;
  const at::Tensor actual = fused_operators_on_cpu().weighted_sum(terms);
  EXPECT_EQ(actual.scalar_type(), at::kFloat);
  EXPECT_LE(relative_difference(actual, sum), kSumsTolerance);
}

TEST(FusedWeightedSum, AddsUpToEightTermsOfAnySize) {
  for (int count = 1; count <= 8; ++count) {
    for (const std::int64_t size : {1, 3, 4, 17, 4096}) expect_sum(random_terms(count, {size}));
  }
  EXPECT_EQ(fused_operators_on_cpu().weighted_sum(random_terms(2, {0, 4})).numel(), 0);
}

TEST(FusedWeightedSum, TermsMayLieInMemoryInOrdersOfTheirOwn) {
  std::vector<WeighedTensor> terms = random_terms(3, {2, 4, 5, 3});
  terms[1].tensor = terms[1].tensor.contiguous(at::MemoryFormat::ChannelsLast);
  terms[2].tensor = at::randn({1, 4, 1, 3}).expand({2, 4, 5, 3});
  expect_sum(terms);
  for (WeighedTensor& term : terms) term.tensor = term.tensor.contiguous(at::MemoryFormat::ChannelsLast);
  expect_sum(terms);
  EXPECT_TRUE(fused_operators_on_cpu().weighted_sum(terms).is_contiguous(at::MemoryFormat::ChannelsLast));
  expect_sum({{at::randn({10}).slice(0, 1), 2.0F}, {at::randn({9}), 3.0F}});
}

TEST(FusedWeightedSum, RefusesWhatDoesNotFit) {
  const auto refused = [](const std::vector<WeighedTensor>& terms) {
    return refusal([&] { fused_operators_on_cpu().weighted_sum(terms); });
  };
  using testing::HasSubstr;
  EXPECT_THAT(refused({}), HasSubstr("1 to 8 terms, got 0"));
  EXPECT_THAT(refused(random_terms(9, {2})), HasSubstr("1 to 8 terms, got 9"));
  EXPECT_THAT(refused({{at::ones({2}), 1}, {at::ones({3}), 1}}), HasSubstr("got Float [3]"));
  EXPECT_THAT(refused({{at::ones({2}), 1}, {at::ones({2}, at::kHalf), 1}}), HasSubstr("got Half [2]"));
  EXPECT_THAT(refused({{at::ones({2}), 1}, {{}, 1}}), HasSubstr("got nothing"));
}

}  // namespace
}  // namespace deepcache_gen
