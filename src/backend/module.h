#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

namespace deepcache_gen {

/// One executable part of a model: a rung of the UNet ladder, a text encoder, a VAE. What runs it (TorchScript today)
/// is known only in backend/.
class Module {
 public:
  virtual ~Module() = default;
  /// Runs on tensors that are on the module's device; floating-point ones in its dtype. Returns one tensor per output.
  /// Throws `Error` where the inputs do not fit the module, and `OutOfMemory` where the device has no room.
  virtual std::vector<at::Tensor> run(const std::vector<at::Tensor>& inputs) const = 0;
};

}  // namespace deepcache_gen
