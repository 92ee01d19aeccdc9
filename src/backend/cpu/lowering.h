#pragma once

#include <torch/csrc/jit/ir/ir.h>

#include "backend/cpu/program.h"
#include "backend/cpu/weight_conversion.h"

namespace deepcache_gen {

/// Makes a program of a straight-line graph. Weights are converted (to float32 or bfloat16), those of linears and
/// convolutions packed, one after the other, and taken out of the graph, so that no two copies of all exist. A tuple
/// that the graph returns becomes several outputs. Throws `Error` for operators that write into a tensor, and for
/// weights and settings that do not fit each other.
Program lower_graph(torch::jit::Graph& graph, WeightConversion& weights);

}  // namespace deepcache_gen
