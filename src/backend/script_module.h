#pragma once

#include <torch/csrc/jit/api/module.h>

#include <memory>
#include <string>

#include "backend/kept_weights.h"
#include "backend/mapped_file.h"
#include "backend/module.h"
#include "backend/placement.h"

namespace deepcache_gen {

/// Runs a module's forward as it is, by TorchScript's interpreter, on the device where it is, in the dtype of
/// `placement`. Every device can. Images are channels-last where a GPU convolves on tensor cores. `file`: what the
/// weights are views of, null where they are not; they are copied, and read again when they were patched. `kept`: of
/// the model, null where it is nobody's.
std::unique_ptr<Module> interpret_module(torch::jit::Module module, const Placement& placement, std::string name,
                                         std::shared_ptr<const MappedFile> file = nullptr,
                                         std::shared_ptr<KeptWeights> kept = nullptr);

}  // namespace deepcache_gen
