#pragma once

#include <ATen/core/Tensor.h>

#include <optional>

namespace deepcache_gen {

/// softmax(scale * query key^T) value (Vaswani et al., arXiv 1706.03762), block by block, so that the matrix of scores
/// never exists as a whole (Dao et al., arXiv 2205.14135). The products of the blocks are oneDNN's.
///
/// query: [batch, heads, queries, width], key and value: [batch, heads, keys, width], of one dtype, float32 or
/// bfloat16, with any strides. scale: 1 / sqrt(width) if not given. Returns [batch, heads, queries, width]; in memory
/// the queries stand before the heads. What does not fit this is left to LibTorch, with its
/// errors; linking this makes that check, for all modules on the CPU, the sizes that LibTorch does not.
at::Tensor attend(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value, std::optional<double> scale);

}  // namespace deepcache_gen
