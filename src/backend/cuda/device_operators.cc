#include "backend/cuda/device_operators.h"

#include <ATen/cuda/CUDAContext.h>
#include <c10/cuda/CUDAException.h>
#include <c10/cuda/CUDAGuard.h>

#include "backend/cuda/kernels.h"
#include "backend/foreign_errors.h"

namespace deepcache_gen {
namespace {

constexpr int kWarp = 32;

// Calls `launch` with the current stream of a device that is the current one meanwhile.
template <typename Launch>
void launch_on(c10::Device device, const Launch& launch) {
  translate_foreign_errors("a fused operator on " + device.str(), [&] {
    const c10::cuda::CUDAGuard guard(device);
    C10_CUDA_CHECK(launch(c10::cuda::getCurrentCUDAStream().stream()));
  });
}

}  // namespace

BlockLimits DeviceOperators::limits(c10::Device device) const {
  const int multiprocessors = at::cuda::getDeviceProperties(device.index())->multiProcessorCount;
  return {.threads = kBlockThreads, .stripe = kWarp, .blocks = kBlocksAtOnce * multiprocessors};
}

void DeviceOperators::run(const GroupNormArguments<void>& arguments, NumberKind kind, c10::Device device) const {
  launch_on(device, [&](cudaStream_t stream) { return launch_group_norm(arguments, kind, stream); });
}

void DeviceOperators::run(const GegluArguments<void>& arguments, NumberKind kind, c10::Device device) const {
  launch_on(device, [&](cudaStream_t stream) { return launch_geglu(arguments, kind, stream); });
}

void DeviceOperators::run(const WeightedSumArguments& arguments, c10::Device device) const {
  launch_on(device, [&](cudaStream_t stream) { return launch_weighted_sum(arguments, stream); });
}

}  // namespace deepcache_gen
