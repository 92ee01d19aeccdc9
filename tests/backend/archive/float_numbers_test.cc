#include "backend/archive/float_numbers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace deepcache_gen {
namespace {

using namespace std::string_literals;
using testing::ElementsAre;

TEST(ReadFloats, HalfPrecisionIsThatOfTheProcessorsTables) {
  // IEEE 754-2019, table 3.5; the values are those of NumPy's float16.
  EXPECT_THAT(read_floats("F16", "\x00\x3c\x00\xc0\xff\x7b\x01\x00\xff\x03\x00\x04\x00\x80"s),
              ElementsAre(1.0F, -2.0F, 65504.0F, 5.9604645e-08F, 6.0975552e-05F, 6.1035156e-05F, -0.0F));
  const std::vector<float> odd = read_floats("F16", "\x00\x7c\x00\xfc\x01\x7e"s);
  EXPECT_EQ(odd[0], std::numeric_limits<float>::infinity());
  EXPECT_EQ(odd[1], -std::numeric_limits<float>::infinity());
  EXPECT_TRUE(std::isnan(odd[2]));
}

TEST(ReadFloats, OfOtherSizes) {
  EXPECT_THAT(read_floats("BF16", "\x80\x3f\x49\xc0"s), ElementsAre(1.0F, -3.140625F));
  EXPECT_THAT(read_floats("F32", "\x00\x00\x80\x3f"s), ElementsAre(1.0F));
  EXPECT_THAT(read_floats("F64", "\x00\x00\x00\x00\x00\x00\xf8\xbf"s), ElementsAre(-1.5F));
}

TEST(ReadFloats, WhatIsTooLargeIsInfinite) {
  EXPECT_THAT(read_floats("F64", "\xff\xff\xff\xff\xff\xff\xef\x7f"s + "\xff\xff\xff\xff\xff\xff\xef\xff"s),
              ElementsAre(std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity()));
}

TEST(FloatBytes, AreKnownOfNumbersWithFractions) {
  EXPECT_EQ(float_bytes("BF16"), 2u);
  EXPECT_EQ(float_bytes("I64"), std::nullopt);
  EXPECT_EQ(float_bytes("F8_E4M3"), std::nullopt);
}

}  // namespace
}  // namespace deepcache_gen
