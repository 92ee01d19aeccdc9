#include "backend/memory_advice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/gibibyte.h"

namespace deepcache_gen {
namespace {

using testing::HasSubstr;
using testing::Not;

const Placement kCuda{c10::Device(c10::DeviceType::CUDA, 0), c10::ScalarType::Float};

TEST(DoesNotFitMessage, NamesFileDeviceAndNumbers) {
  EXPECT_EQ(does_not_fit_message("models/m/unet.pt", kCuda, {kGibibyte / 2, 8 * kGibibyte}),
            "models/m/unet.pt: does not fit into the memory of cuda:0 (0.5 GiB free of 8.0 GiB); try --dtype fp16, "
            "--device cpu or a smaller model");
}

TEST(DoesNotFitMessage, LeavesOutWhatIsNotKnown) {
  EXPECT_THAT(does_not_fit_message("unet.pt", kCuda, {}), HasSubstr("memory of cuda:0; try"));
  EXPECT_THAT(does_not_fit_message("unet.pt", kCuda, {kGibibyte, {}}), HasSubstr("cuda:0 (1.0 GiB free); try"));
}

TEST(DoesNotFitMessage, HasNoFlagThatWouldNotHelp) {
  const Placement bfloat16{c10::kCPU, c10::ScalarType::BFloat16};
  EXPECT_THAT(does_not_fit_message("unet.pt", bfloat16, {}), HasSubstr("try a smaller model"));
  const Placement half{kCuda.device, c10::ScalarType::Half};
  EXPECT_THAT(does_not_fit_message("unet.pt", half, {}), Not(HasSubstr("--dtype")));
}

TEST(ChoicesText, IsReadLikeASentence) {
  EXPECT_EQ(choices_text({"a"}), "a");
  EXPECT_EQ(choices_text({"a", "b"}), "a or b");
  EXPECT_EQ(choices_text({"a", "b", "c"}), "a, b or c");
}

TEST(DeviceMemory, OfTheCpuIsNotMoreThanThereIs) {
  const DeviceMemory memory = device_memory(c10::Device(c10::kCPU));
  ASSERT_TRUE(memory.free_bytes && memory.total_bytes);
  EXPECT_GT(*memory.free_bytes, 0);
  EXPECT_LE(*memory.free_bytes, *memory.total_bytes);
}

}  // namespace
}  // namespace deepcache_gen
