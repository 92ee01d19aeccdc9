#pragma once

#include <torch/csrc/jit/ir/ir.h>

#include <memory>

namespace deepcache_gen {

/// Rewrites a straight-line graph for the CPU: `fuse_for_every_device`, and what the CPU can do in one pass beside. The
/// new operators, which `compile_module` knows, are those of there and
///
///     deepcache_gen::linear_add(input, weight, bias?, other)
///     deepcache_gen::linear_add_image(input, weight, bias?, sizes, other)  sizes: batch, height, width, channels of
///                                     the linear, whose channels are put first and `other` added
///     deepcache_gen::linear_gelu(input, weight, bias?)
///     deepcache_gen::convolution_add(input, weight, bias?, stride, padding, dilation, groups, other)
void fuse_operators(std::shared_ptr<torch::jit::Graph>& graph);

}  // namespace deepcache_gen
