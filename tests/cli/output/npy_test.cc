#include "cli/output/npy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cctype>
#include <cstring>
#include <limits>
#include <string>

#include "cli/output/example_run.h"

namespace deepcache_gen {
namespace {

// The layout is numpy.lib.format's: magic, version 1.0, header length, header padded to a multiple of 64, values.
TEST(NpyHeader, FollowsTheFormat) {
  const std::vector<std::uint8_t> bytes = npy_header(2, example_image().latents);
  EXPECT_EQ(std::string(bytes.begin(), bytes.begin() + 8), std::string("\x93NUMPY\x01\x00", 8));
  const std::size_t length = bytes[8] + 256u * bytes[9];
  EXPECT_EQ((10 + length) % 64, 0u);
  ASSERT_EQ(bytes.size(), 10 + length);
  const std::string header(bytes.begin() + 10, bytes.end());
  EXPECT_THAT(header,
              testing::StartsWith("{'descr': '<f4', 'fortran_order': False, 'shape': (         2, 2, 1, 2), }"));
  EXPECT_EQ(header.back(), '\n');
}

// Shapes whose text has different lengths, one of which would end exactly at the padding.
TEST(NpyHeader, AlignsTheValuesForEveryShape) {
  for (int height = 1; height < 2'000'000'000 / 10; height *= 10) {
    const std::vector<std::uint8_t> bytes = npy_header(1, {4, height, 10, {}});
    EXPECT_EQ(bytes.size() % 64, 0u);
    EXPECT_EQ(bytes.back(), '\n');
  }
}

TEST(NpyHeader, DiffersInDigitsOnlyWhereTheCountDoes) {
  const std::vector<std::uint8_t> one = npy_header(1, {4, 64, 64, {}});
  for (const int count : {9, 10, 123'456, std::numeric_limits<int>::max()}) {
    const std::vector<std::uint8_t> other = npy_header(count, {4, 64, 64, {}});
    ASSERT_EQ(one.size(), other.size());
    for (std::size_t i = 0; i < one.size(); ++i) {
      EXPECT_TRUE(one[i] == other[i] || std::isdigit(other[i])) << i;
    }
    EXPECT_THAT(std::string(other.begin(), other.end()), testing::HasSubstr(std::to_string(count) + ", 4, 64, 64), }"));
  }
}

TEST(NpyValues, AreFloat32AsTheyLieInMemory) {
  const std::vector<std::uint8_t> bytes = npy_values(example_image(3).latents);
  std::vector<float> values(4);
  ASSERT_EQ(bytes.size(), 4 * sizeof(float));
  std::memcpy(values.data(), bytes.data(), bytes.size());
  EXPECT_THAT(values, testing::ElementsAre(3, 3.25, 3.5, 3.75));
}

}  // namespace
}  // namespace deepcache_gen
