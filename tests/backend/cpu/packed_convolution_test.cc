#include "backend/cpu/packed_convolution.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "backend/cpu/dtype_fixture.h"
#include "backend/cpu/same_geometry.h"

namespace deepcache_gen {
namespace {

using Geometry = ConvolutionGeometry;

class PackedConvolutionTest : public DtypeTest {
 protected:
  static at::Tensor random_images(at::IntArrayRef sizes) {
    return random(sizes).contiguous(at::MemoryFormat::ChannelsLast);
  }
  static at::Tensor convolved(const at::Tensor& input, const at::Tensor& weight, const std::optional<at::Tensor>& bias,
                              const Geometry& geometry) {
    const auto doubles = bias ? std::optional(bias->to(at::kDouble)) : std::nullopt;
    return at::conv2d(input.to(at::kDouble), weight.to(at::kDouble), doubles, geometry.stride, geometry.padding,
                      geometry.dilation, geometry.groups);
  }
  static PackedConvolution packed(const at::Tensor& weight, const std::optional<at::Tensor>& bias,
                                  const Geometry& geometry) {
    return {weight, bias, geometry, WeightConversion(GetParam())};
  }
};

INSTANTIATE_TEST_SUITE_P(Dtypes, PackedConvolutionTest, testing::Values(at::kFloat, at::kBFloat16),
                         [](const auto& test) { return std::string(toString(test.param)); });

TEST_P(PackedConvolutionTest, ConvolvesImagesOfAnySize) {
  const at::Tensor weight = random({24, 16, 3, 3}), bias = random({24});
  const PackedConvolution convolution = packed(weight, bias, kSame);
  for (const at::Tensor& input : {random_images({1, 16, 1, 1}), random_images({2, 16, 5, 7}),
                                  random_images({3, 16, 32, 32}), random_images({1, 16, 33, 64})}) {
    const at::Tensor output = convolution.run(input);
    EXPECT_EQ(output.scalar_type(), GetParam());
    EXPECT_LE(relative_difference(output, convolved(input, weight, bias, kSame)), tolerance()) << input.sizes();
  }
}

TEST_P(PackedConvolutionTest, ConvolvesWithAnyGeometry) {
  struct Case {
    const char* name;
    std::vector<std::int64_t> weight;
    Geometry geometry;
  };
  const Case cases[] = {
      {"one pixel", {24, 16, 1, 1}, {{1, 1}, {0, 0}, {1, 1}, 1}},
      {"no padding", {24, 16, 3, 3}, {{1, 1}, {0, 0}, {1, 1}, 1}},
      {"stride", {24, 16, 3, 3}, {{2, 2}, {1, 1}, {1, 1}, 1}},
      {"stride of one pixel", {24, 16, 1, 1}, {{2, 2}, {0, 0}, {1, 1}, 1}},
      {"dilation", {24, 16, 3, 3}, {{1, 1}, {2, 2}, {2, 2}, 1}},
      {"height and width differ", {24, 16, 1, 5}, {{2, 1}, {0, 2}, {1, 1}, 1}},
      {"groups", {24, 4, 3, 3}, {{1, 1}, {1, 1}, {1, 1}, 4}},
      {"few outputs", {3, 16, 3, 3}, {{1, 1}, {1, 1}, {1, 1}, 1}},
  };
  const at::Tensor input = random_images({2, 16, 13, 18});
  for (const Case& each : cases) {
    const at::Tensor weight = random(each.weight);
    for (const std::optional<at::Tensor>& bias :
         {std::optional<at::Tensor>(), std::optional(random({weight.size(0)}))}) {
      const at::Tensor output = packed(weight, bias, each.geometry).run(input);
      EXPECT_LE(relative_difference(output, convolved(input, weight, bias, each.geometry)), tolerance()) << each.name;
    }
  }
}

TEST_P(PackedConvolutionTest, HalvesNarrowImages) {
  const Geometry halving{.stride = {2, 2}, .padding = {1, 1}, .dilation = {1, 1}, .groups = 1};
  const at::Tensor weight = random({32, 32, 3, 3}), bias = random({32});
  const PackedConvolution convolution = packed(weight, bias, halving);
  for (const std::int64_t width : {1, 2, 3, 4}) {
    for (const std::int64_t height : {1, 2, 3, 4, 25}) {
      const at::Tensor input = random_images({2, 32, height, width});
      const at::Tensor expected = convolved(input, weight, bias, halving);
      EXPECT_LE(relative_difference(convolution.run(input), expected), tolerance()) << input.sizes();
      at::Tensor sum = at::zeros_like(expected, at::MemoryFormat::ChannelsLast).to(GetParam());
      EXPECT_LE(relative_difference(convolution.run_add(input, std::move(sum)), expected), tolerance())
          << input.sizes();
    }
  }
}

TEST_P(PackedConvolutionTest, TakesImagesThatAreNotChannelsLast) {
  const at::Tensor weight = random({24, 16, 3, 3}), input = random({2, 16, 13, 18});
  const PackedConvolution convolution = packed(weight, {}, kSame);
  EXPECT_LE(relative_difference(convolution.run(input), convolved(input, weight, {}, kSame)), tolerance());
}

TEST_P(PackedConvolutionTest, KeepsNothingOfTheWeightsAfterTheFirstRun) {
  const at::Tensor weight = random({24, 16, 3, 3}), bias = random({24}), input = random_images({1, 16, 9, 9});
  const at::Tensor expected = convolved(input, weight, bias, kSame);
  const PackedConvolution convolution = packed(weight, bias, kSame);
  bias.zero_();
  convolution.run(input);
  weight.zero_();
  EXPECT_LE(relative_difference(convolution.run(input), expected), tolerance());
}

TEST_P(PackedConvolutionTest, FollowsWithGelu) {
  const at::Tensor weight = random({24, 16, 3, 3}), bias = random({24}), input = random_images({2, 16, 9, 9});
  const at::Tensor expected = at::gelu(convolved(input, weight, bias, kSame));
  EXPECT_LE(relative_difference(packed(weight, bias, kSame).run_gelu(input), expected), tolerance());
}

class PackedConvolutionAddTest : public PackedConvolutionTest {
 protected:
  void SetUp() override {
    PackedConvolutionTest::SetUp();
    if (IsSkipped()) return;
    weight = random({24, 16, 3, 3});
    bias = random({24});
    input = random_images({2, 16, 13, 18});
  }

  at::Tensor sum(const at::Tensor& other) const {
    return convolved(input, weight, bias, kSame) + other.to(at::kDouble);
  }
  at::Tensor run_add(at::Tensor other) const { return packed(weight, bias, kSame).run_add(input, std::move(other)); }

  at::Tensor weight, bias, input;
};

INSTANTIATE_TEST_SUITE_P(Dtypes, PackedConvolutionAddTest, testing::Values(at::kFloat, at::kBFloat16),
                         [](const auto& test) { return std::string(toString(test.param)); });

TEST_P(PackedConvolutionAddTest, LeavesATensorAloneThatOthersSee) {
  const at::Tensor other = random_images({2, 24, 13, 18}), before = other.clone();
  EXPECT_LE(relative_difference(run_add(other), sum(before)), tolerance());
  EXPECT_TRUE(other.equal(before));
}

TEST_P(PackedConvolutionAddTest, LeavesATensorAloneWhoseMemoryOthersSee) {
  const at::Tensor rows = random({2, 13, 18, 24}), before = rows.clone();
  EXPECT_LE(relative_difference(run_add(rows.permute({0, 3, 1, 2})), sum(before.permute({0, 3, 1, 2}))), tolerance());
  EXPECT_TRUE(rows.equal(before));
}

TEST_P(PackedConvolutionAddTest, OverwritesATensorThatNobodyElseSees) {
  at::Tensor other = random_images({2, 24, 13, 18});
  const at::Tensor expected = sum(other);
  const void* const memory = other.const_data_ptr();
  const at::Tensor output = run_add(std::move(other));
  EXPECT_LE(relative_difference(output, expected), tolerance());
  EXPECT_EQ(output.const_data_ptr(), memory);
}

TEST_P(PackedConvolutionAddTest, AddsATensorThatIsNotChannelsLast) {
  at::Tensor other = random({2, 24, 13, 18});
  const at::Tensor expected = sum(other);
  EXPECT_LE(relative_difference(run_add(std::move(other)), expected), tolerance());
}

TEST_P(PackedConvolutionAddTest, AddsATensorThatIsBroadcast) {
  for (const std::vector<std::int64_t>& sizes : std::vector<std::vector<std::int64_t>>{
           {2, 24, 1, 1}, {1, 24, 13, 18}, {24, 1, 1}, {2, 1, 13, 18}, {1}, {3, 2, 24, 13, 18}}) {
    at::Tensor other = random(sizes);
    const at::Tensor expected = sum(other);
    EXPECT_LE(relative_difference(run_add(std::move(other)), expected), tolerance()) << at::IntArrayRef(sizes);
  }
}

TEST_P(PackedConvolutionAddTest, AddsATensorThatRepeatsItsMemory) {
  at::Tensor other = random({2, 24, 1, 1}).expand({2, 24, 13, 18});
  const at::Tensor expected = sum(other);
  EXPECT_LE(relative_difference(run_add(std::move(other)), expected), tolerance());
}

TEST_P(PackedConvolutionAddTest, AddsAfterAStride) {
  const Geometry half{.stride = {2, 2}, .padding = {1, 1}, .dilation = {1, 1}, .groups = 1};
  at::Tensor other = random_images({2, 24, 7, 9});
  const at::Tensor expected = convolved(input, weight, bias, half) + other.to(at::kDouble);
  const at::Tensor output = packed(weight, bias, half).run_add(input, std::move(other));
  EXPECT_LE(relative_difference(output, expected), tolerance());
}

}  // namespace
}  // namespace deepcache_gen
