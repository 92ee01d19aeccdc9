#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "backend/weight_delta.h"

namespace deepcache_gen {

/// The tensors of one layer, by the part of `LoraKey`. Floating-point, finite, on the CPU.
using LoraTensors = std::map<std::string, at::Tensor>;

/// Of a rank what the product of that rank is multiplied with.
using ScaleOfRank = std::function<double(std::int64_t)>;

/// What these tensors add to a weight of these sizes: a linear's [outputs, inputs] or a convolution's. "up" and "down"
/// are a product (views of them); with "mid" between them, which has a convolution's kernel, they are Tucker's, and the
/// sum is worked out, float32: sum over n and m of mid[n, m] * up[i, n] * down[m, j] (LyCORIS, arXiv 2309.14859).
/// Throws `Error` saying what does not fit.
WeightDelta lora_delta(const LoraTensors& tensors, const std::vector<std::int64_t>& sizes, const ScaleOfRank& scale);

}  // namespace deepcache_gen
