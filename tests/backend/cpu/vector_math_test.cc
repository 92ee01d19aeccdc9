#include "backend/cpu/vector_math.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "backend/cpu/kernel_values.h"

namespace deepcache_gen {
namespace {

std::uint16_t stored_bits(float value) {
  Bfloat16Bits number{};
  store(value, number);
  return number.bits;
}

float rounded(float value) { return load(Bfloat16Bits{stored_bits(value)}); }

TEST(Bfloat16, LoadsEveryNumberThatWasStored) {
  for (std::uint32_t bits = 0; bits <= 0xffff; ++bits) {
    const Bfloat16Bits number{static_cast<std::uint16_t>(bits)};
    if (std::isnan(load(number))) continue;
    ASSERT_EQ(stored_bits(load(number)), bits);
  }
}

TEST(Bfloat16, IsTheUpperHalfOfAFloat) {
  EXPECT_EQ(stored_bits(1.0f), 0x3f80);
  EXPECT_EQ(stored_bits(-2.0f), 0xc000);
  EXPECT_EQ(load(Bfloat16Bits{0x3fc0}), 1.5f);
}

// Beside 1 the numbers are 2^-7 apart.
TEST(Bfloat16, RoundsToTheNearestNumber) {
  EXPECT_EQ(rounded(1 + 0.49f * 0x1p-7f), 1.0f);
  EXPECT_EQ(rounded(1 + 0.51f * 0x1p-7f), 1 + 0x1p-7f);
  EXPECT_EQ(rounded(-1 - 0.51f * 0x1p-7f), -1 - 0x1p-7f);
}

TEST(Bfloat16, RoundsTiesToEven) {
  EXPECT_EQ(rounded(1 + 0.5f * 0x1p-7f), 1.0f);
  EXPECT_EQ(rounded(1 + 1.5f * 0x1p-7f), 1 + 2 * 0x1p-7f);
  EXPECT_EQ(rounded(1 + 2.5f * 0x1p-7f), 1 + 2 * 0x1p-7f);
  EXPECT_EQ(rounded(-1 - 1.5f * 0x1p-7f), -1 - 2 * 0x1p-7f);
}

TEST(Bfloat16, RoundsWhatIsTooLargeToInfinity) {
  EXPECT_EQ(rounded(std::numeric_limits<float>::max()), kInfinity);
  EXPECT_EQ(rounded(std::numeric_limits<float>::lowest()), -kInfinity);
}

TEST(Bfloat16, KeepsInfinitiesAndNan) {
  EXPECT_EQ(rounded(kInfinity), kInfinity);
  EXPECT_EQ(rounded(-kInfinity), -kInfinity);
  EXPECT_TRUE(std::isnan(rounded(kNan)));
  EXPECT_TRUE(std::isnan(rounded(-kNan)));
}

TEST(Exponential, HasARelativeErrorBelow2e7) {
  for (int i = -80'000; i <= 80'000; ++i) {
    const float x = static_cast<float>(i) * 0.001f;
    if (std::abs(x) > 80) continue;
    const double expected = std::exp(static_cast<double>(x));
    ASSERT_NEAR(exponential(x), expected, 2e-7 * expected) << x;
  }
}

TEST(Exponential, StaysAtItsBounds) {
  EXPECT_EQ(exponential(-1e6f), exponential(-80.0f));
  EXPECT_EQ(exponential(1e6f), exponential(80.0f));
  EXPECT_EQ(exponential(-kInfinity), exponential(-80.0f));
}

TEST(Exponential, OfNanIsNan) { EXPECT_TRUE(std::isnan(exponential(kNan))); }

// The estimate's error of 12 %, squared three times, is 4e-8; the last step rounds three times, 6e-8 each.
TEST(Reciprocal, IsRightToFloatPrecision) {
  for (float x = 1e-30f; x < 1e30f; x *= 1.01f) ASSERT_NEAR(reciprocal(x) * static_cast<double>(x), 1, 2.2e-7) << x;
}

TEST(PowerOfTwo, IsRightForEveryNumberUpToZero) {
  for (float x = -115; x <= 0; x += 1e-3f) {
    ASSERT_NEAR(power_of_two(x) / std::exp2(static_cast<double>(x)), 1, 3e-7) << x;
  }
}

TEST(PowerOfTwo, IsExactForWholeNumbers) {
  for (int x = -115; x <= 0; ++x) EXPECT_EQ(power_of_two(static_cast<float>(x)), std::ldexp(1.0f, x)) << x;
}

TEST(PowerOfTwo, IsTheBoundsBelowIt) {
  EXPECT_EQ(power_of_two(-1e30f), 0x1p-115f);
  EXPECT_EQ(power_of_two(-kInfinity), 0x1p-115f);
}

TEST(PowerOfTwo, NanStays) {
  EXPECT_TRUE(std::isnan(power_of_two(kNan)));
  EXPECT_TRUE(std::isnan(power_of_two(-kNan)));
}

}  // namespace
}  // namespace deepcache_gen
