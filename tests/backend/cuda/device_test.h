#pragma once

#include <c10/core/InferenceMode.h>
#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <gtest/gtest.h>

#include <optional>

#include "backend/cuda_library.h"
#include "backend/cuda_plugin.h"

namespace deepcache_gen {

/// A test that needs a CUDA device, and is skipped, with the reason, where there is none. It works on a stream of its
/// own, as the program does.
class DeviceTest : public testing::Test {
 protected:
  void SetUp() override {
    const CudaDevices devices = find_cuda_devices();
    if (devices.count == 0) GTEST_SKIP() << devices.problem;
    stream_.emplace(c10::impl::VirtualGuardImpl(c10::kCUDA).getStreamFromGlobalPool(device, false));
  }

  /// The same with our kernels, which must be there where they were built.
  const CudaPlugin* plugin() const {
    std::string problem;
    const CudaPlugin* const found = cuda_plugin(&problem);
    EXPECT_NE(found, nullptr) << problem;
    return found;
  }

  const c10::Device device{c10::kCUDA, 0};

 private:
  const c10::InferenceMode inference_;
  std::optional<c10::StreamGuard> stream_;
};

}  // namespace deepcache_gen
