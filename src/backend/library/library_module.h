#pragma once

#include <torch/csrc/jit/api/module.h>

#include <memory>
#include <optional>
#include <string>

#include "backend/fused_operators.h"
#include "backend/kept_weights.h"
#include "backend/mapped_file.h"
#include "backend/module.h"
#include "backend/placement.h"

namespace deepcache_gen {

/// What a module is compiled for a GPU with.
struct LibraryTarget {
  Placement placement;
  bool channels_last;               ///< whether images are; see `convolves_on_tensor_cores`
  const FusedOperators* operators;  ///< of that device, which outlive the module; null: LibTorch's, one after the other
  std::shared_ptr<const MappedFile> file;  ///< that weights are views of; null where they are not
  std::shared_ptr<KeptWeights> kept;       ///< of the model; null where it is nobody's
};

/// Compiles a module's forward for a device that there are no packed weights for, a GPU first of all; see
/// `compile_graph`. It runs LibTorch's operators one after the other, linears of one input as one, group norms and
/// GEGLU by `operators`; convolutions as the process is set (`apply_cuda_settings`), where the code says how it was
/// traced. What it runs does not wait for the device, and weights stay where they are: it can be recorded.
std::unique_ptr<Module> compile_by_library(const torch::jit::Module& module, const LibraryTarget& target,
                                           std::string name, std::optional<std::size_t> held_input);

}  // namespace deepcache_gen
