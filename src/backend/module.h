#pragma once

#include <ATen/core/Tensor.h>

#include <span>
#include <string>
#include <vector>

#include "backend/weight_delta.h"

namespace deepcache_gen {

/// One executable part of a model: a rung of the UNet ladder, a text encoder, a VAE. What runs it (TorchScript today)
/// is known only in backend/.
class Module {
 public:
  virtual ~Module() = default;
  /// Runs on tensors that are on the module's device; floating-point ones in its dtype. Returns one tensor per output.
  /// Throws `Error` where the inputs do not fit the module, and `OutOfMemory` where the device has no room. The first
  /// run after `patch` reads weights again, and throws `Error`, as does every one after it, where their file changed.
  virtual std::vector<at::Tensor> run(const std::vector<at::Tensor>& inputs) const = 0;
  /// Adds to weights of linears and convolutions, or takes back what was added, one entry after the other: several of
  /// one name add up, and without any the numbers are again what they were, bit for bit. The sums are made in float32
  /// from the numbers of the file, and then converted. Returns the names that no such weight has. Throws `Error`, and
  /// changes nothing, where one does not fit its weight. No run may be under way.
  virtual std::vector<std::string> patch(std::span<const NamedDelta> deltas) {
    std::vector<std::string> unknown;
    for (const NamedDelta& delta : deltas) unknown.push_back(delta.name);
    return unknown;
  }
  /// Says that a tensor which the module was given as the input that it holds (`ModuleArchive::part`) has other numbers
  /// now. What was kept of it is computed again, into the same memory.
  virtual void reread_held(const at::Tensor&) const {}
  /// The weights that `patch` knows. One that hangs in several places has several names.
  virtual WeightSizes patchable_weights() const { return {}; }
};

}  // namespace deepcache_gen
