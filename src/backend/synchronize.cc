#include "backend/synchronize.h"

#include <ATen/DeviceAccelerator.h>

namespace deepcache_gen {

void synchronize(const c10::Device& device) {
  if (!device.is_cpu()) at::accelerator::synchronizeDevice(device.index());
}

}  // namespace deepcache_gen
