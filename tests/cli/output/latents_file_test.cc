#include "cli/output/latents_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cctype>
#include <cstring>
#include <limits>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "cli/output/example_run.h"
#include "support/error.h"
#include "support/largest_file.h"
#include "support/temporary_folder.h"

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

using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

constexpr std::size_t kHeader = 128, kImage = 4 * sizeof(float);

// The count that the header says, and all the values in the file.
std::pair<int, std::vector<float>> content(const std::filesystem::path& file) {
  const std::string bytes = read_text(file);
  const std::size_t shape = bytes.find("'shape': (") + 10;
  std::vector<float> values((bytes.size() - kHeader) / sizeof(float));
  std::memcpy(values.data(), bytes.data() + kHeader, values.size() * sizeof(float));
  return {std::stoi(bytes.substr(shape)), values};
}

TEST(LatentsFile, HasTheFinishedImagesAtAnyTime) {
  const TemporaryFolder folder;
  const std::filesystem::path path = folder / "a/latents.npy";
  LatentsFile file(path);
  EXPECT_FALSE(std::filesystem::exists(path));
  for (int i = 0; i < 12; ++i) {
    file.add(example_image(i).latents);
    const auto [count, values] = content(path);
    EXPECT_EQ(count, i + 1);
    EXPECT_EQ(std::filesystem::file_size(path), kHeader + static_cast<std::size_t>(count) * kImage);
    for (int k = 0; k <= i; ++k) EXPECT_EQ(values[static_cast<std::size_t>(4 * k)], static_cast<float>(k));
  }
  EXPECT_EQ(entries(folder / "a"), 1);
}

TEST(LatentsFile, IsAddedToNotWrittenAnew) {
  const TemporaryFolder folder;
  LatentsFile file(folder / "latents.npy");
  file.add(example_image(0).latents);
  std::filesystem::create_hard_link(folder / "latents.npy", folder / "same");
  file.add(example_image(1).latents);
  EXPECT_TRUE(std::filesystem::equivalent(folder / "latents.npy", folder / "same"));
  EXPECT_EQ(content(folder / "same").first, 2);
}

TEST(LatentsFile, ReplacesAnOlderFileWithItsFirstImage) {
  const TemporaryFolder folder;
  write_text(folder / "latents.npy", "older");
  std::filesystem::create_hard_link(folder / "latents.npy", folder / "older");
  LatentsFile file(folder / "latents.npy");
  EXPECT_EQ(read_text(folder / "latents.npy"), "older");
  file.add(example_image(1).latents);
  EXPECT_THAT(content(folder / "latents.npy").second, ElementsAre(1, 1.25, 1.5, 1.75));
  EXPECT_EQ(read_text(folder / "older"), "older");
}

TEST(LatentsFile, IsWholeForWhoReadsItMeanwhile) {
  const TemporaryFolder folder;
  const std::filesystem::path path = folder / "latents.npy";
  LatentsFile file(path);
  file.add(example_image(0).latents);
  std::atomic<bool> done = false;
  std::jthread writer([&] {
    for (int i = 1; i < 60; ++i) file.add(example_image(i).latents);
    done = true;
  });
  while (!done) {
    const auto [count, values] = content(path);
    ASSERT_GE(values.size(), 4 * static_cast<std::size_t>(count));
    EXPECT_EQ(values[4 * static_cast<std::size_t>(count) - 1], static_cast<float>(count) - 0.25F);
  }
}

TEST(LatentsFile, StaysWholeWhereAnImageFindsNoRoom) {
  const TemporaryFolder folder;
  const std::filesystem::path path = folder / "latents.npy";
  LatentsFile file(path);
  file.add(example_image(0).latents);
  {
    const LargestFile limit(kHeader + kImage + 6);
    EXPECT_THAT([&] { file.add(example_image(1).latents); }, ThrowsMessage<Error>(HasSubstr("latents.npy")));
    EXPECT_EQ(content(path).first, 1);
    EXPECT_EQ(std::filesystem::file_size(path), kHeader + kImage);
  }
  file.add(example_image(2).latents);
  EXPECT_EQ(content(path), (std::pair(2, std::vector<float>{0, 0.25, 0.5, 0.75, 2, 2.25, 2.5, 2.75})));
}

TEST(LatentsFile, RejectsOtherExtensionsAndPaths) {
  const TemporaryFolder folder;
  EXPECT_THAT([&] { LatentsFile(folder / "latents.pt"); }, ThrowsMessage<UsageError>(HasSubstr(".npy")));
  write_text(folder / "file", "");
  EXPECT_THAT([&] { LatentsFile(folder / "file/latents.npy"); }, ThrowsMessage<Error>(HasSubstr("file")));
}

}  // namespace

}  // namespace deepcache_gen
