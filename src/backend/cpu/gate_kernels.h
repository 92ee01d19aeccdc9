#pragma once

#include <cstddef>

#include "backend/cpu/vector_math.h"

namespace deepcache_gen {

/// output = value * gelu(gate), `count` numbers each, where gelu(x) = x / 2 (1 + erf(x / sqrt 2)) (Hendrycks and
/// Gimpel, arXiv 1606.08415), to 3e-7 of x.
void gate_row(const float* value, const float* gate, std::size_t count, float* output);
void gate_row(const Bfloat16Bits* value, const Bfloat16Bits* gate, std::size_t count, Bfloat16Bits* output);

}  // namespace deepcache_gen
