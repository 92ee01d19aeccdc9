#pragma once

#include <torch/csrc/jit/ir/ir.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include "backend/graph/constant_inputs.h"
#include "backend/graph/program.h"
#include "backend/mapped_file.h"
#include "backend/patchable_weights.h"
#include "backend/placement.h"

namespace deepcache_gen {

/// How a kind of node is run where all but some inputs are known beforehand.
struct Lowering {
  const char* kind;
  std::vector<std::size_t> read;  ///< the inputs that are known only at run time
  /// Makes the operation, which takes the inputs that are read off the stack. Of the weight the node keeps nothing.
  std::function<Operation(const ConstantInputs&)> lower;
  bool (*applies)(const ConstantInputs& inputs) = [](const ConstantInputs&) { return true; };
};

/// What a graph is lowered to.
struct LoweringTarget {
  Placement placement;                     ///< of what the operations compute
  std::vector<Lowering> lowerings;         ///< nodes of other kinds are run by LibTorch's operators
  std::shared_ptr<const MappedFile> file;  ///< that weights are views of; null where they are not
};

/// A graph as it is run.
struct LoweredGraph {
  Program program;
  PatchableWeights weights;  ///< which were lowered and nothing else; operations look after changes when they run
};

/// Makes a program of a straight-line graph. What is constant is converted and brought to where it is computed; weights
/// that are lowered are taken out of the graph, one after the other, so that no two copies of all exist. A tuple that
/// the graph returns becomes several outputs. Throws `Error` for operators that write into a tensor, and for weights
/// and settings that do not fit each other.
LoweredGraph lower_graph(torch::jit::Graph& graph, const LoweringTarget& target);

}  // namespace deepcache_gen
