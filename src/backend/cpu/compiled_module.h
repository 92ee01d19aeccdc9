#pragma once

#include <torch/csrc/jit/api/module.h>

#include <memory>
#include <optional>
#include <string>

#include "backend/cpu/weight_conversion.h"
#include "backend/module.h"
#include "backend/placement.h"

namespace deepcache_gen {

/// Whether modules are compiled for this placement: the CPU in float32, and in bfloat16 where the processor can.
bool can_compile(const Placement& placement);

/// Compiles a module's forward for the CPU: fused operators, packed weights, channels-last images. The weights are
/// taken out of `module`. `held_input` is an input that stays the same tensor for many runs. Null, and the module left
/// as it was, where its forward has control flow. Throws `Error` that begins with `name` where its weights, operators
/// or inputs do not fit.
std::unique_ptr<Module> compile_module(const torch::jit::Module& module, WeightConversion& weights, std::string name,
                                       std::optional<std::size_t> held_input);

}  // namespace deepcache_gen
