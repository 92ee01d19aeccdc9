#include "backend/cuda/kernels.h"
#include "backend/cuda/weighted_sum_block.h"

namespace deepcache_gen {
namespace {

template <int kPack>
__global__ __launch_bounds__(kBlockThreads) void weighted_sum_kernel(const WeightedSumArguments arguments) {
  add_weighted<kPack>(arguments, static_cast<std::int64_t>(blockIdx.x) * kBlockThreads + threadIdx.x);
}

template <int kPack>
void launch_in_packs(const WeightedSumArguments& arguments, cudaStream_t stream) {
  constexpr std::int64_t kBlockNumbers = kPack * kBlockThreads;
  const auto blocks = static_cast<unsigned>((arguments.size + kBlockNumbers - 1) / kBlockNumbers);
  weighted_sum_kernel<kPack><<<blocks, kBlockThreads, 0, stream>>>(arguments);
}

}  // namespace

cudaError_t launch_weighted_sum(const WeightedSumArguments& arguments, cudaStream_t stream) {
  if (arguments.pack == 1) {
    launch_in_packs<1>(arguments, stream);
  } else {
    launch_in_packs<kWidestPack<float>>(arguments, stream);
  }
  return cudaGetLastError();
}

}  // namespace deepcache_gen
