#pragma once

#include <c10/core/Device.h>

#include <cstdint>
#include <optional>

namespace deepcache_gen {

/// Bytes that can still be allocated on the device: on the CPU what the kernel calls available, or what the control
/// groups of the process have left where that is less.
std::int64_t free_memory(const c10::Device& device);

/// What a message can say about a device's memory, in bytes; unset what can't be found out.
struct DeviceMemory {
  std::optional<std::int64_t> free_bytes, total_bytes;
};
DeviceMemory device_memory(const c10::Device& device);

/// Gives memory that LibTorch keeps for later tensors back to the device, which the CUDA libraries need too. Nothing to
/// do on the CPU.
void release_kept_memory(const c10::Device& device);

}  // namespace deepcache_gen
