#include "backend/work_stream.h"

#include <c10/core/impl/VirtualGuardImpl.h>

namespace deepcache_gen {

std::optional<c10::Stream> work_stream(const c10::Device& device) {
  if (!device.is_cuda()) return {};
  return c10::impl::VirtualGuardImpl(device.type()).getStreamFromGlobalPool(device);
}

}  // namespace deepcache_gen
