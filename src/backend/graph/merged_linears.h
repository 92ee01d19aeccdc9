#pragma once

#include <torch/csrc/jit/ir/ir.h>

namespace deepcache_gen {

/// Makes one matrix product of all that read the same value, such as the queries, keys and values of an attention: the
/// weights are concatenated, and each reader gets its slice of the product.
void merge_linears(torch::jit::Graph& graph);

}  // namespace deepcache_gen
