#include "backend/cuda/device_numbers.h"
#include "backend/cuda/group_norm_application.h"
#include "backend/cuda/group_norm_statistics.h"
#include "backend/cuda/kernels.h"
#include "backend/cuda/thread_block.h"

namespace deepcache_gen {
namespace {

extern __shared__ float group_norm_shared[];

template <int kPack, typename Number>
__global__ __launch_bounds__(kBlockThreads,
                             kBlocksAtOnce) void moments_kernel(const GroupNormArguments<Number> arguments) {
  take_moments<kPack>(ThreadBlock(), arguments, blockIdx.x, group_norm_shared);
}

template <int kPack, typename Number>
__global__ __launch_bounds__(kBlockThreads,
                             kBlocksAtOnce) void normalizing_kernel(const GroupNormArguments<Number> arguments) {
  normalize<kPack>(ThreadBlock(), arguments, blockIdx.x, group_norm_shared);
}

}  // namespace

cudaError_t launch_group_norm(const GroupNormArguments<void>& arguments, NumberKind kind, cudaStream_t stream) {
  const auto blocks = static_cast<unsigned>(group_norm_blocks(arguments.sizes, arguments.layout));
  const auto threads = static_cast<unsigned>(arguments.layout.threads);
  const std::size_t bytes = group_norm_scratch(arguments.sizes, arguments.layout) * sizeof(float);
  with_device_numbers(kind, arguments.layout.pack, [&](auto* number, auto pack) {
    using Number = std::remove_pointer_t<decltype(number)>;
    constexpr int kPack = decltype(pack)::value;
    const GroupNormArguments<Number> typed = of_numbers<Number>(arguments);
    moments_kernel<kPack><<<blocks, threads, bytes, stream>>>(typed);
    normalizing_kernel<kPack><<<blocks, threads, bytes, stream>>>(typed);
  });
  return cudaGetLastError();
}

}  // namespace deepcache_gen
