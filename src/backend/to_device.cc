#include "backend/to_device.h"

namespace deepcache_gen {

at::Tensor to_device(const at::Tensor& on_cpu, c10::Device device) {
  // From other memory a copy waits for all that was given before. LibTorch gives what is pinned to no one else until
  // the copy is done.
  const at::Tensor source = device.is_cuda() ? on_cpu.pin_memory() : on_cpu;
  return source.to(device, /*non_blocking=*/true);
}

}  // namespace deepcache_gen
