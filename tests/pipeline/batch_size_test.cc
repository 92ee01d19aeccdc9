#include "pipeline/batch_size.h"

#include <gtest/gtest.h>

namespace deepcache_gen {
namespace {

constexpr std::int64_t kGibibyte = std::int64_t{1} << 30;
constexpr std::int64_t kLatentPixelsAt512 = 64 * 64;

int chosen(int image_count, std::optional<int> batch_size, std::int64_t free_bytes) {
  GenerationSettings settings{};
  settings.image_count = image_count;
  settings.batch_size = batch_size;
  return choose_batch_size(settings, kLatentPixelsAt512, free_bytes);
}

TEST(ChooseBatchSize, TakesAllImagesWhereMemoryAllows) { EXPECT_EQ(chosen(4, {}, 16 * kGibibyte), 4); }

TEST(ChooseBatchSize, TakesFewerWhereItDoesNot) {
  EXPECT_EQ(chosen(8, {}, kGibibyte), 4);
  EXPECT_EQ(chosen(8, {}, 0), 1) << "an image must always be tried";
}

TEST(ChooseBatchSize, TheUsersCapWins) {
  EXPECT_EQ(chosen(16, 2, 16 * kGibibyte), 2);
  EXPECT_EQ(chosen(16, 16, 16 * kGibibyte), 16);
  EXPECT_EQ(chosen(3, 16, 16 * kGibibyte), 3) << "never more than asked for";
}

}  // namespace
}  // namespace deepcache_gen
