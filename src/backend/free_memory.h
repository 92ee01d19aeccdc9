#pragma once

#include <c10/core/Device.h>

#include <cstdint>

namespace deepcache_gen {

/// Bytes that can still be allocated on the device: on the CPU what the kernel calls available.
std::int64_t free_memory(const c10::Device& device);

}  // namespace deepcache_gen
