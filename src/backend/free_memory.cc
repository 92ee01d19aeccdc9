#include "backend/free_memory.h"

#include <ATen/DeviceAccelerator.h>

#include <fstream>
#include <limits>
#include <string>

#include "backend/control_groups.h"
#include "support/smaller.h"

namespace deepcache_gen {
namespace {

// A line of the kernel's account of the machine's memory.
std::optional<std::int64_t> host_memory(const std::string& name) {
  std::ifstream meminfo("/proc/meminfo");
  for (std::string field; meminfo >> field;) {
    std::int64_t kibibytes = 0;
    if (field == name && meminfo >> kibibytes) return kibibytes * 1024;
  }
  return {};
}

DeviceMemory process_memory() {
  const ControlGroups groups;
  return {smaller(host_memory("MemAvailable:"), groups.free_memory()),
          smaller(host_memory("MemTotal:"), groups.memory_limit())};
}

std::int64_t bytes(std::size_t size) { return static_cast<std::int64_t>(size); }

}  // namespace

std::int64_t free_memory(const c10::Device& device) {
  if (device.is_cpu()) return process_memory().free_bytes.value_or(std::numeric_limits<std::int64_t>::max());
  return bytes(at::accelerator::getMemoryInfo(device.index()).first);
}

DeviceMemory device_memory(const c10::Device& device) {
  if (device.is_cpu()) return process_memory();
  try {
    const auto [free, total] = at::accelerator::getMemoryInfo(device.index());
    return {bytes(free), bytes(total)};
  } catch (const c10::Error&) {  // it is asked when something has failed already
    return {};
  }
}

void release_kept_memory(const c10::Device& device) {
  if (!device.is_cpu()) at::accelerator::emptyCache();
}

}  // namespace deepcache_gen
