#pragma once

#include <torch/csrc/jit/api/module.h>

#include <memory>
#include <optional>
#include <string>

#include "backend/graph/graph_lowering.h"
#include "backend/module.h"

namespace deepcache_gen {

/// How modules are compiled for a kind of device.
struct CompilationTarget {
  void (*fuse)(std::shared_ptr<torch::jit::Graph>& graph);  ///< rewrites a straight-line graph for that device
  LoweringTarget lowering;
  bool channels_last;  ///< whether images are
};

/// Compiles a module's forward: calls are inlined, operators fused and run one after the other. The weights are taken
/// out of `module`. `held_input` is an input that stays the same tensor for many runs. Null, and the module left as it
/// was, where its forward has control flow. Throws `Error` that begins with `name` where its weights, operators or
/// inputs do not fit.
std::unique_ptr<Module> compile_graph(const torch::jit::Module& module, const CompilationTarget& target,
                                      std::string name, std::optional<std::size_t> held_input);

}  // namespace deepcache_gen
