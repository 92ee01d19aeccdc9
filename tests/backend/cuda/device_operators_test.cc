// The fused operators' kernels, against the same source on the CPU.

#include <ATen/ATen.h>

#include "backend/cuda/device_test.h"
#include "backend/relative_difference.h"
#include "support/error.h"

namespace deepcache_gen {
namespace {

// Both sum up in float32, in orders of their own, and round the result.
double tolerance(at::ScalarType dtype) {
  constexpr double kSums = 2e-5;
  if (dtype == at::kHalf) return 0x1p-10 + kSums;
  return dtype == at::kBFloat16 ? 0x1p-7 + kSums : kSums;
}

class DeviceOperators : public DeviceTest, public testing::WithParamInterface<at::ScalarType> {
 protected:
  at::Tensor random(at::IntArrayRef shape) const { return at::randn(shape).to(GetParam()); }

  GroupNormInputs on_device(const GroupNormInputs& inputs) const {
    GroupNormInputs moved = inputs;
    for (at::Tensor* tensor : {&moved.input, &moved.addend, &moved.weight, &moved.bias}) {
      if (tensor->defined()) *tensor = tensor->to(device);
    }
    return moved;
  }

  void expect_same_norm(const GroupNormInputs& inputs) const {
    const at::Tensor output = plugin()->operators().group_norm(on_device(inputs));
    EXPECT_TRUE(output.is_contiguous(at::MemoryFormat::ChannelsLast));
    EXPECT_LE(relative_difference(output.cpu(), fused_operators_on_cpu().group_norm(inputs)), tolerance(GetParam()));
  }

  GroupNormInputs norm_inputs(std::int64_t batch, std::int64_t channels, std::int64_t groups, std::int64_t height,
                              std::int64_t width) const {
    return {.input = random({batch, channels, height, width}).contiguous(at::MemoryFormat::ChannelsLast),
            .addend = random({batch, channels, 1, 1}),
            .groups = groups,
            .weight = random({channels}) + 2,
            .bias = random({channels}),
            .eps = 1e-5,
            .silu = true};
  }
};

// SD 1.5 and 2.1 at 512 and 768, SDXL at 1024, both halves of guidance.
TEST_P(DeviceOperators, NormalizeWhatUNetsHave) {
  for (const auto& [channels, side] : {std::pair{1280, 8},
                                       {2560, 8},
                                       {1280, 16},
                                       {1920, 16},
                                       {640, 32},
                                       {1920, 32},
                                       {320, 64},
                                       {640, 64},
                                       {960, 64},
                                       {320, 96},
                                       {320, 128}}) {
    SCOPED_TRACE(testing::Message() << channels << " channels, " << side << " x " << side);
    expect_same_norm(norm_inputs(2, channels, 32, side, side));
  }
}

TEST_P(DeviceOperators, NormalizeWhatVaesHave) {
  for (const auto& [channels, side] : {std::pair{512, 64}, {256, 128}, {128, 256}}) {
    SCOPED_TRACE(channels);
    expect_same_norm(norm_inputs(1, channels, 32, side, side));
  }
}

TEST_P(DeviceOperators, NormalizeImagesOfAnySize) {
  for (const auto& [channels, groups] : {std::pair{30, 3}, {7, 7}, {15, 5}, {1, 1}, {4096, 1}, {64, 32}, {48, 4}}) {
    for (const auto& [batch, height, width] : {std::tuple{1, 1, 1}, {3, 13, 17}, {16, 5, 8}}) {
      // Of one number nothing is left but what rounding makes of it.
      if (height * width * channels == groups) continue;
      SCOPED_TRACE(testing::Message() << channels << " in " << groups << ", " << height << " x " << width);
      GroupNormInputs inputs = norm_inputs(batch, channels, groups, height, width);
      expect_same_norm(inputs);
      inputs.silu = false;
      inputs.addend.reset();
      expect_same_norm(inputs);
    }
  }
}

TEST_P(DeviceOperators, NormalizeLargeBatchesAndImagesThatAreNotAligned) {
  expect_same_norm(norm_inputs(256, 32, 8, 8, 8));
  GroupNormInputs inputs = norm_inputs(1, 320, 32, 16, 16);
  const at::Tensor memory = random({320 * 16 * 16 + 1}).to(device);
  inputs.input = memory.slice(0, 1).view({1, 16, 16, 320}).permute({0, 3, 1, 2});
  const at::Tensor output = plugin()->operators().group_norm(on_device(inputs));
  inputs.input = inputs.input.cpu();
  EXPECT_LE(relative_difference(output.cpu(), fused_operators_on_cpu().group_norm(inputs)), tolerance(GetParam()));
}

TEST_P(DeviceOperators, KeepTheirPrecisionWhereTheMeanIsFarFromZero) {
  GroupNormInputs inputs = norm_inputs(2, 320, 32, 64, 64);
  inputs.silu = false;
  inputs.input += GetParam() == at::kFloat ? 1e4 : 8;
  const at::Tensor output = plugin()->operators().group_norm(on_device(inputs)).cpu();
  const at::Tensor difference = output.to(at::kDouble) - fused_operators_on_cpu().group_norm(inputs).to(at::kDouble);
  EXPECT_LE(difference.abs().max().item<double>(), GetParam() == at::kFloat ? 0.03 : 50 * tolerance(GetParam()));
}

TEST_P(DeviceOperators, GateRowsOfAnyLength) {
  const std::vector<std::vector<std::int64_t>> shapes{
      {2, 4096, 2560}, {2, 1024, 5120}, {2, 256, 10240}, {2, 64, 10240}, {3, 2 * 24}, {5, 2 * 7}, {2},
      {1, 4, 2, 10},   {70001, 16}};
  for (const at::IntArrayRef shape : shapes) {
    const at::Tensor both = 3 * random(shape);
    const at::Tensor output = plugin()->operators().geglu(both.to(device)).cpu();
    EXPECT_LE(relative_difference(output, fused_operators_on_cpu().geglu(both)), tolerance(GetParam())) << shape;
  }
}

TEST_P(DeviceOperators, RefuseTensorsOfTheCpu) { EXPECT_THROW(plugin()->operators().geglu(random({4, 6})), Error); }

INSTANTIATE_TEST_SUITE_P(Dtypes, DeviceOperators, testing::Values(at::kFloat, at::kHalf, at::kBFloat16),
                         [](const auto& parameter) { return std::string(c10::toString(parameter.param)); });

class DeviceWeightedSum : public DeviceTest {};

TEST_F(DeviceWeightedSum, AddsUpToEightTermsOfAnySize) {
  for (int count = 1; count <= 8; ++count) {
    for (const std::int64_t size : {1, 3, 4, 1023, 2 * 4 * 64 * 64, 2000003}) {
      std::vector<WeighedTensor> terms, on_device;
      for (int i = 0; i < count; ++i) {
        terms.push_back({at::randn({size}), 0.75F * static_cast<float>(i) - 1.5F});
        on_device.push_back({terms.back().tensor.to(device), terms.back().weight});
      }
      const at::Tensor sum = plugin()->operators().weighted_sum(on_device).cpu();
      const at::Tensor difference = sum - fused_operators_on_cpu().weighted_sum(terms);
      EXPECT_LE(difference.abs().max().item<float>(), 2e-5) << count << " x " << size;
    }
  }
}

}  // namespace
}  // namespace deepcache_gen
