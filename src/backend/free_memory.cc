#include "backend/free_memory.h"

#include <ATen/DeviceAccelerator.h>

#include <fstream>
#include <limits>
#include <string>

namespace deepcache_gen {
namespace {

std::int64_t available_host_memory() {
  std::ifstream meminfo("/proc/meminfo");
  for (std::string field; meminfo >> field;) {
    std::int64_t kibibytes = 0;
    if (field == "MemAvailable:" && meminfo >> kibibytes) return kibibytes * 1024;
  }
  return std::numeric_limits<std::int64_t>::max();
}

}  // namespace

std::int64_t free_memory(const c10::Device& device) {
  if (device.is_cpu()) return available_host_memory();
  return static_cast<std::int64_t>(at::accelerator::getMemoryInfo(device.index()).first);
}

}  // namespace deepcache_gen
