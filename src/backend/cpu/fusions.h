#pragma once

#include <torch/csrc/jit/ir/ir.h>

#include <memory>

namespace deepcache_gen {

/// Rewrites a straight-line graph, in which weights are constants: removes operators that change nothing, and puts one
/// operator where the CPU can do the work of several in one pass over memory. The new operators, which `lower_graph`
/// knows, are
///
///     deepcache_gen::group_norm(input, addend?, groups, weight?, bias?, eps, silu)  addend: [batch, channels, 1, 1]
///     deepcache_gen::linear_add(input, weight, bias?, other)
///     deepcache_gen::linear_add_image(input, weight, bias?, sizes, other)  sizes: batch, height, width, channels of
///                                     the linear, whose channels are put first and `other` added
///     deepcache_gen::linear_gelu(input, weight, bias?)
///     deepcache_gen::geglu(input, weight, bias?)               Shazeer, arXiv 2002.05202: halves a, b: a * gelu(b)
///     deepcache_gen::convolution_add(input, weight, bias?, stride, padding, dilation, groups, other)
void fuse_operators(std::shared_ptr<torch::jit::Graph>& graph);

}  // namespace deepcache_gen
