#pragma once

#include <torch/csrc/jit/api/module.h>

#include <memory>

namespace deepcache_gen {

/// The method that a `prim::CallMethod` calls.
torch::jit::GraphFunction& called_by(const torch::jit::Node& call);

/// Takes the forward out of a module as operators one after the other: calls are inlined, and attributes are constants,
/// to which the weights' memory now belongs and which know what they are called (graph_weights.h). `self` is no input
/// any more. Where control flow remains, the module is left as it was and the result is null.
std::shared_ptr<torch::jit::Graph> take_straight_line_graph(const torch::jit::Module& module);

/// Whether a constant of such a graph was computed of numbers alone, such as the frequencies of a timestep embedding:
/// then its dtype is what the code says, whatever the weights are computed in.
bool is_computed_of_numbers(const torch::jit::Value& constant);

}  // namespace deepcache_gen
