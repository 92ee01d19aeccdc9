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
/// are a product (views of them). The others are worked out in float32: with "mid", which has a convolution's kernel,
/// Tucker's product; LoHa, two products multiplied number by number; LoKr, a Kronecker product (Yeh et al., arXiv
/// 2309.14859, as LyCORIS writes their tensors). Throws `Error` saying what does not fit.
WeightDelta lora_delta(const LoraTensors& tensors, const std::vector<std::int64_t>& sizes, const ScaleOfRank& scale);

}  // namespace deepcache_gen
