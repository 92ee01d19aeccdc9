#include "backend/cpu/channel_kernels.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "backend/cpu/kernel_values.h"

namespace deepcache_gen {
namespace {

constexpr std::size_t kChannelCounts[] = {1, 7, 513, 1000};

double silu(double y) { return y / (1 + std::exp(-y)); }

template <typename Number>
class ChannelKernels : public testing::Test {
 protected:
  // Half the distance between two numbers beside 1.
  static constexpr double kRounding = std::is_same_v<Number, float> ? 0x1p-24 : 0x1p-8;

  static std::vector<Number> scaled(const std::vector<Number>& input, const std::vector<float>& scale,
                                    const std::vector<float>& shift, bool silu) {
    const std::size_t channels = scale.size();
    std::vector<Number> output(input.size());
    scale_channels(Rows<const Number>{input.data(), input.size() / channels, channels}, output.data(), scale.data(),
                   shift.data(), silu);
    return output;
  }

  // silu of each value, as channels of one row.
  static std::vector<Number> silu_of(const std::vector<float>& values) {
    const std::vector<float> ones(values.size(), 1), zeros(values.size(), 0);
    return scaled(stored<Number>(values), ones, zeros, true);
  }
};

using Numbers = testing::Types<float, Bfloat16Bits>;
TYPED_TEST_SUITE(ChannelKernels, Numbers);

// Sums of small integers are exact.
TYPED_TEST(ChannelKernels, AddTheMomentsOfEveryChannelToWhatIsThere) {
  for (const std::size_t channels : kChannelCounts) {
    constexpr std::size_t kRows = 5;
    std::vector<float> values(kRows * channels), pivot(channels);
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i * i % 13) - 6;
    for (std::size_t c = 0; c < channels; ++c) pivot[c] = static_cast<float>(c % 3);
    std::vector<float> sum(channels, 10), square(channels, 20);
    const auto numbers = stored<TypeParam>(values);
    add_moments(Rows<const TypeParam>{numbers.data(), kRows, channels}, pivot.data(), sum.data(), square.data());
    for (std::size_t c = 0; c < channels; ++c) {
      float expected_sum = 10, expected_square = 20;
      for (std::size_t row = 0; row < kRows; ++row) {
        const float difference = values[row * channels + c] - pivot[c];
        expected_sum += difference;
        expected_square += difference * difference;
      }
      ASSERT_EQ(sum[c], expected_sum) << channels << " channels, channel " << c;
      ASSERT_EQ(square[c], expected_square) << channels << " channels, channel " << c;
    }
  }
}

TYPED_TEST(ChannelKernels, ScaleAndShiftEveryChannel) {
  for (const bool with_silu : {false, true}) {
    for (const std::size_t channels : kChannelCounts) {
      const auto input = stored<TypeParam>(random_values(3 * channels, 1, 1));
      const std::vector<float> scale = random_values(channels, 1, 2), shift = random_values(channels, 1, 3);
      const auto output = this->scaled(input, scale, shift, with_silu);
      for (std::size_t i = 0; i < input.size(); ++i) {
        const double product = static_cast<double>(load(input[i])) * scale[i % channels], added = shift[i % channels];
        const double expected = with_silu ? silu(product + added) : product + added;
        // float arithmetic rounds relative to the terms, which may cancel each other out.
        const double tolerance = this->kRounding * std::abs(expected) + 1e-6 * (std::abs(product) + std::abs(added));
        ASSERT_NEAR(load(output[i]), expected, tolerance) << channels << " channels, number " << i;
      }
    }
  }
}

// exponential() and reciprocal() err by 2e-7 each, and two more roundings follow.
TYPED_TEST(ChannelKernels, SiluIsRightFarFromZeroToo) {
  const std::vector<float> values{-1e4f,  -1000, -100, -88, -81, -79.5f, -40, -20, -3,  -1e-3f, -1e-30f, 0,
                                  1e-30f, 1e-3f, 3,    20,  40,  79.5f,  81,  88,  100, 1000,   1e4f};
  const auto input = stored<TypeParam>(values);
  const auto output = this->silu_of(values);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double expected = silu(load(input[i]));
    ASSERT_NEAR(load(output[i]), expected, (this->kRounding + 6e-7) * std::abs(expected) + 1e-30) << values[i];
  }
}

TYPED_TEST(ChannelKernels, NanStaysWhereItIs) {
  std::vector<float> values = random_values(513, 1, 4);
  values[100] = kNan;
  values[512] = -kNan;
  const auto output = this->silu_of(values);
  for (std::size_t i = 0; i < values.size(); ++i) {
    ASSERT_EQ(std::isnan(load(output[i])), i == 100 || i == 512) << i;
  }
}

TYPED_TEST(ChannelKernels, InfinityStaysInfinity) {
  EXPECT_EQ(load(this->silu_of({kInfinity})[0]), kInfinity);
  const auto output = this->scaled(stored<TypeParam>({kInfinity, -kInfinity}), {2, 2}, {1, 1}, false);
  EXPECT_EQ(load(output[0]), kInfinity);
  EXPECT_EQ(load(output[1]), -kInfinity);
}

// 1 + n 2^-8: the odd n are ties between two numbers of bfloat16.
TEST(ChannelKernelsInBfloat16, RoundTiesToEven) {
  const auto input = stored<Bfloat16Bits>(std::vector<float>(4, 1.0f));
  const std::vector<float> ones(4, 1), shift{0x1p-8f, 3 * 0x1p-8f, 5 * 0x1p-8f, 5.001f * 0x1p-8f};
  std::vector<Bfloat16Bits> output(4);
  scale_channels(Rows<const Bfloat16Bits>{input.data(), 1, 4}, output.data(), ones.data(), shift.data(), false);
  EXPECT_EQ(load(output[0]), 1);
  EXPECT_EQ(load(output[1]), 1 + 4 * 0x1p-8f);
  EXPECT_EQ(load(output[2]), 1 + 4 * 0x1p-8f);
  EXPECT_EQ(load(output[3]), 1 + 6 * 0x1p-8f);
}

TYPED_TEST(ChannelKernels, DoNothingToNoRows) {
  const std::vector<float> ones(7, 1);
  EXPECT_TRUE(this->scaled({}, ones, ones, true).empty());
}

}  // namespace
}  // namespace deepcache_gen
