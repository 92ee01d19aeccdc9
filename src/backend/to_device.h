#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

namespace deepcache_gen {

/// A tensor of the CPU on a device, which is not waited for: what the device is given next finds it there. On the CPU
/// it is the tensor itself.
at::Tensor to_device(const at::Tensor& on_cpu, c10::Device device);

}  // namespace deepcache_gen
