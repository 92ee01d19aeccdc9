#pragma once

#include <c10/core/Device.h>

namespace deepcache_gen {

/// Waits until the device has done all it was given, so that a clock read afterwards is true. Nothing to do on the CPU.
void synchronize(const c10::Device& device);

}  // namespace deepcache_gen
