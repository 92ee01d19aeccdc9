#pragma once

#include <vector>

#include "backend/cpu/weight_conversion.h"
#include "backend/graph/graph_lowering.h"

namespace deepcache_gen {

/// How the CPU runs what it has packed weights or kernels of its own for. Weights are converted by `weights`, which
/// must outlive the lowering, to float32 or bfloat16, and packed.
std::vector<Lowering> lowerings_for_cpu(WeightConversion& weights);

}  // namespace deepcache_gen
