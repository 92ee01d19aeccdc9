#pragma once

#include <torch/csrc/jit/ir/ir.h>

#include "backend/cpu/program.h"
#include "backend/cpu/weight_conversion.h"
#include "backend/patchable_weights.h"

namespace deepcache_gen {

/// A graph as it is run.
struct LoweredGraph {
  Program program;
  PatchableWeights weights;  ///< which were packed and nothing else; operations look after changes when they run
};

/// Makes a program of a straight-line graph. Weights are converted (to float32 or bfloat16), those of linears and
/// convolutions packed, one after the other, and taken out of the graph, so that no two copies of all exist. A tuple
/// that the graph returns becomes several outputs. Throws `Error` for operators that write into a tensor, and for
/// weights and settings that do not fit each other.
LoweredGraph lower_graph(torch::jit::Graph& graph, WeightConversion& weights);

}  // namespace deepcache_gen
