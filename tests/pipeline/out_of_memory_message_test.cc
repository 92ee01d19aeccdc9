#include "pipeline/out_of_memory_message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pipeline/batch_size.h"
#include "support/gibibyte.h"

namespace deepcache_gen {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr std::int64_t kLatentPixels = 128 * 128;

Placement cuda(c10::ScalarType dtype, int index = 0) {
  return {c10::Device(c10::DeviceType::CUDA, static_cast<c10::DeviceIndex>(index)), dtype};
}

std::string message(int images, const Placement& placement, std::optional<std::int64_t> free_bytes) {
  return lack_of_memory({.images = images,
                         .width = 1024,
                         .height = 768,
                         .latent_pixels = kLatentPixels,
                         .placement = placement,
                         .free_bytes = free_bytes})
      .what();
}

TEST(OutOfMemoryMessage, SaysWhatWasAskedForInOneLine) {
  EXPECT_THAT(message(8, cuda(c10::ScalarType::Half, 1), 5 * kGibibyte),
              AllOf(HasSubstr("8 images of 1024x768"), HasSubstr("fp16"), HasSubstr("cuda:1"),
                    HasSubstr("5.0 GiB free"), Not(HasSubstr("\n"))));
}

TEST(OutOfMemoryMessage, NamesTheLargestBatchThatIsEstimatedToFit) {
  const std::int64_t fitting = images_that_fit(kLatentPixels, 5 * kGibibyte);
  ASSERT_GT(fitting, 1);
  ASSERT_LT(fitting, 8);
  EXPECT_THAT(message(8, cuda(c10::ScalarType::Half), 5 * kGibibyte),
              HasSubstr("--batch-size " + std::to_string(fitting) + ","));
}

TEST(OutOfMemoryMessage, IsAboutTheFlagsThatDecideHowMuchIsNeeded) {
  UnmetDemand demand{.images = 8,
                     .width = 1024,
                     .height = 768,
                     .latent_pixels = kLatentPixels,
                     .placement = cuda(c10::ScalarType::Half),
                     .free_bytes = {}};
  EXPECT_THAT(lack_of_memory(demand).flags(), testing::ElementsAre("--batch-size", "--width", "--height"));
  demand.images = 1;
  EXPECT_THAT(lack_of_memory(demand).flags(), testing::ElementsAre("--width", "--height"));
}

TEST(OutOfMemoryMessage, SaysWhereTheEstimateHasNoRoomForOne) {
  EXPECT_THAT(message(8, cuda(c10::ScalarType::Half), kGibibyte / 2),
              AllOf(HasSubstr("too little for one"), HasSubstr("--batch-size 1,")));
  EXPECT_THAT(message(1, cuda(c10::ScalarType::Half), kGibibyte / 2),
              AllOf(HasSubstr("too little for one"), HasSubstr("an image"), HasSubstr("--width and --height"),
                    Not(HasSubstr("--batch-size"))));
}

TEST(OutOfMemoryMessage, TriesHalfTheBatchWhereTheEstimateWasWrongOrNothingIsKnown) {
  EXPECT_THAT(message(8, cuda(c10::ScalarType::Half), 100 * kGibibyte), HasSubstr("--batch-size 4,"));
  EXPECT_THAT(message(8, cuda(c10::ScalarType::Half), {}),
              AllOf(HasSubstr("--batch-size 4,"), Not(HasSubstr("GiB")), Not(HasSubstr("estimate"))));
}

TEST(OutOfMemoryMessage, NamesOnlyDtypesAndDevicesThatNeedLess) {
  EXPECT_THAT(message(1, cuda(c10::ScalarType::Float), {}),
              AllOf(HasSubstr("--dtype fp16"), HasSubstr("--device cpu")));
  EXPECT_THAT(message(1, cuda(c10::ScalarType::BFloat16), {}),
              AllOf(Not(HasSubstr("--dtype")), HasSubstr("--device cpu")));
  EXPECT_THAT(message(1, {c10::kCPU, c10::ScalarType::Float}, {}),
              AllOf(HasSubstr("this machine"), HasSubstr("--dtype bf16"), Not(HasSubstr("--device"))));
}

}  // namespace
}  // namespace deepcache_gen
