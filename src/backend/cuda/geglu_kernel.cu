#include "backend/cuda/device_numbers.h"
#include "backend/cuda/geglu_block.h"
#include "backend/cuda/kernels.h"
#include "backend/cuda/thread_block.h"

namespace deepcache_gen {
namespace {

template <int kPack, typename Number>
__global__ __launch_bounds__(kBlockThreads) void geglu_kernel(const GegluArguments<Number> arguments) {
  gate_rows<kPack>(ThreadBlock(), arguments, blockIdx.x);
}

}  // namespace

cudaError_t launch_geglu(const GegluArguments<void>& arguments, NumberKind kind, cudaStream_t stream) {
  const auto blocks = static_cast<unsigned>((arguments.rows + arguments.lanes - 1) / arguments.lanes);
  with_device_numbers(kind, arguments.pack, [&](auto* number, auto pack) {
    using Number = std::remove_pointer_t<decltype(number)>;
    geglu_kernel<decltype(pack)::value>
        <<<blocks, static_cast<unsigned>(arguments.threads), 0, stream>>>(of_numbers<Number>(arguments));
  });
  return cudaGetLastError();
}

}  // namespace deepcache_gen
