#pragma once

#include <torch/csrc/jit/api/module.h>

#include <memory>
#include <string>

#include "backend/module.h"

namespace deepcache_gen {

/// Runs a module's forward as it is, by TorchScript's interpreter, in `dtype`. Every device can.
std::unique_ptr<Module> interpret_module(torch::jit::Module module, c10::ScalarType dtype, std::string name);

}  // namespace deepcache_gen
