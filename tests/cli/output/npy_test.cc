#include "cli/output/npy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <string>

#include "cli/output/example_run.h"

namespace deepcache_gen {
namespace {

// The layout is numpy.lib.format's: magic, version 1.0, header length, header padded to a multiple of 64, values.
TEST(EncodeNpy, FollowsTheFormat) {
  const std::vector<std::uint8_t> bytes = encode_npy({example_image(0).latents, example_image(3).latents});
  EXPECT_EQ(std::string(bytes.begin(), bytes.begin() + 8), std::string("\x93NUMPY\x01\x00", 8));
  const std::size_t length = bytes[8] + 256u * bytes[9];
  EXPECT_EQ((10 + length) % 64, 0u);
  const std::string header(bytes.begin() + 10, bytes.begin() + 10 + static_cast<long>(length));
  EXPECT_THAT(header, testing::StartsWith("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2, 1, 2), }"));
  EXPECT_EQ(header.back(), '\n');
  std::vector<float> values(8);
  ASSERT_EQ(bytes.size(), 10 + length + 8 * sizeof(float));
  std::memcpy(values.data(), bytes.data() + 10 + length, 8 * sizeof(float));
  EXPECT_THAT(values, testing::ElementsAre(0, 0.25, 0.5, 0.75, 3, 3.25, 3.5, 3.75));
}

// Shapes whose text has different lengths, one of which would end exactly at the padding.
TEST(EncodeNpy, AlignsTheValuesForEveryShape) {
  for (int height = 1; height < 2'000'000'000 / 10; height *= 10) {
    const std::vector<std::uint8_t> bytes = encode_npy({{4, height, 10, {}}});
    EXPECT_EQ(bytes.size() % 64, 0u);
    EXPECT_EQ(bytes.back(), '\n');
  }
}

}  // namespace
}  // namespace deepcache_gen
