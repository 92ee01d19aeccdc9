#include "backend/placement.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "backend/cpu/processor.h"
#include "backend/cuda_library.h"
#include "support/error.h"

namespace deepcache_gen {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

Placement resolved(const std::string& device, const std::string& dtype, const std::string& stored = "float16") {
  return resolve_placement({.device = device, .dtype = dtype, .threads = {}}, stored);
}

TEST(ResolvePlacement, TheCpuComputesInWhatItIsFastIn) {
  EXPECT_EQ(dtype_name(resolved("cpu", "auto")), bfloat16_is_faster() ? "bf16" : "fp32");
  EXPECT_EQ(dtype_name(resolved("cpu", "fp32")), "fp32");
  EXPECT_EQ(dtype_name(resolved("cpu", "bf16")), "bf16");
  EXPECT_EQ(device_name(resolved("cpu", "auto")), "cpu");
}

TEST(ResolvePlacement, RefusesNamesItDoesNotKnow) {
  EXPECT_THAT([] { resolved("cpu", "fp64"); }, ThrowsMessage<UsageError>(HasSubstr("unknown dtype 'fp64'")));
  EXPECT_THAT([] { resolved("cud", "auto"); }, ThrowsMessage<UsageError>(HasSubstr("did you mean 'cuda'?")));
  for (const char* device : {"cuda:", "cuda:x", "cuda:-1", "cuda:1x", "cuda:999"}) {
    EXPECT_THAT([&] { resolved(device, "auto"); }, ThrowsMessage<UsageError>(HasSubstr("unknown device"))) << device;
  }
}

TEST(ResolvePlacement, SaysWhyThereIsNoCudaDevice) {
  const CudaDevices found = find_cuda_devices();
  if (found.count > 0) GTEST_SKIP() << "this machine has a CUDA device";
  EXPECT_FALSE(found.problem.empty());
  EXPECT_THAT([] { resolved("cuda", "auto"); }, ThrowsMessage<UsageError>(HasSubstr("use --device cpu")));
  EXPECT_EQ(device_name(resolved("auto", "auto")), "cpu");
}

TEST(ResolvePlacement, AGpuComputesInTheStoredType) {
  if (find_cuda_devices().count == 0) GTEST_SKIP() << "this machine has no CUDA device";
  EXPECT_EQ(dtype_name(resolved("cuda", "auto", "bfloat16")), "bf16");
  EXPECT_EQ(device_name(resolved("cuda", "auto")), "cuda:0");
}

}  // namespace
}  // namespace deepcache_gen
