#pragma once

#include <torch/csrc/jit/api/module.h>

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "backend/mapped_file.h"
#include "backend/patchable_weights.h"
#include "backend/placement.h"

namespace deepcache_gen {

/// The weights of a TorchScript module as copies on a device, in the dtype of `placement`, which follow what is added
/// to them.
class CopiedWeights {
 public:
  /// Puts copies in the place of the weights of `module`, kernels channels-last if that is said. `file`: what the
  /// weights are views of, null where they are not.
  CopiedWeights(const torch::jit::Module& module, const Placement& placement, bool channels_last,
                std::shared_ptr<const MappedFile> file);

  /// See `Module::patch`; the copies change when `follow` is called.
  std::vector<std::string> patch(std::span<const NamedDelta> deltas) { return weights_.patch(deltas); }
  WeightSizes patchable() const { return weights_.sizes(); }
  /// Copies anew, into the same memory, what was patched since. Throws `Error` where the file changed; the copies are
  /// out of date then, and the next call tries again.
  void follow();

 private:
  struct Copy {
    std::shared_ptr<const PatchableWeight> weight;
    at::Tensor memory;
    unsigned version = 0;  // of the weight, of which `memory` is a copy
  };

  std::shared_ptr<const MappedFile> file_;
  PatchableWeights weights_;
  std::vector<Copy> copies_;
};

}  // namespace deepcache_gen
