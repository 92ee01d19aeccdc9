#pragma once

#include <torch/csrc/jit/ir/ir.h>

#include <memory>
#include <span>

namespace deepcache_gen {

/// A rule of the rewriting of graphs, both sides as LibTorch's `SubgraphRewriter` reads them. The name of a value in
/// the pattern can carry a condition: %weight, %matrix and %kernel are constant tensors, %bias and most settings
/// constants, %x and %other tensors; see `kConditions`.
struct Rewriting {
  const char* pattern;
  const char* replacement;
};

/// Applies the rules one after the other, each wherever it matches.
void rewrite_graph(std::shared_ptr<torch::jit::Graph>& graph, std::span<const Rewriting> rewritings);

/// Rewrites a straight-line graph, in which weights are constants: removes operators that change nothing, and puts one
/// operator where every kind of device can do the work of several in one pass over memory. The new operators are
///
///     deepcache_gen::group_norm(input, addend?, groups, weight?, bias?, eps, silu)  addend: [batch, channels, 1, 1]
///     deepcache_gen::geglu(input, weight, bias?)               Shazeer, arXiv 2002.05202: halves a, b: a * gelu(b)
void fuse_for_every_device(std::shared_ptr<torch::jit::Graph>& graph);

}  // namespace deepcache_gen
