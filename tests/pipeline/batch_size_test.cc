#include "pipeline/batch_size.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/error.h"
#include "support/gibibyte.h"

namespace deepcache_gen {
namespace {

constexpr std::int64_t kLatentPixelsAt512 = 64 * 64;

int chosen(std::optional<int> batch_size, std::int64_t free_bytes) {
  return choose_batch_size(batch_size, kLatentPixelsAt512, free_bytes);
}

TEST(ChooseBatchSize, TakesEightWhereMemoryAllows) { EXPECT_EQ(chosen({}, 16 * kGibibyte), 8); }

TEST(ChooseBatchSize, TakesFewerWhereItDoesNot) {
  EXPECT_EQ(chosen({}, kGibibyte), 4);
  EXPECT_EQ(chosen({}, 0), 1) << "an image must always be tried";
}

TEST(ChooseBatchSize, TheUsersCapWins) {
  EXPECT_EQ(chosen(2, 16 * kGibibyte), 2);
  EXPECT_EQ(chosen(16, kGibibyte), 16);
}

TEST(CheckBatchSize, RefusesWhatIsNoBatch) {
  for (const int accepted : {1, 256}) EXPECT_NO_THROW(check_batch_size(accepted));
  EXPECT_NO_THROW(check_batch_size({}));
  for (const int refused : {0, -1, 257}) {
    EXPECT_THAT([&] { check_batch_size(refused); },
                testing::ThrowsMessage<UsageError>("--batch-size " + std::to_string(refused) + ": expected 1 to 256"));
  }
}

TEST(ImagesThatFit, ScalesWithMemoryAndSize) {
  const std::int64_t fitting = images_that_fit(kLatentPixelsAt512, 16 * kGibibyte);
  EXPECT_GT(fitting, 8) << "it is no cap";
  EXPECT_EQ(images_that_fit(4 * kLatentPixelsAt512, 16 * kGibibyte), fitting / 4);
  EXPECT_EQ(images_that_fit(kLatentPixelsAt512, 32 * kGibibyte), fitting * 2);
  EXPECT_EQ(images_that_fit(kLatentPixelsAt512, 0), 0);
}

}  // namespace
}  // namespace deepcache_gen
