#include "backend/cpu/gate_kernels.h"

#include <algorithm>

namespace deepcache_gen {
namespace {

constexpr std::size_t kPart = 256;  // numbers; as float32 they stay in the nearest cache

// erfc(|x|) e^(x^2) by Abramowitz and Stegun, Handbook of Mathematical Functions, 7.1.26: an error of 1.5e-7.
DEEPCACHE_GEN_INLINE float scaled_complement(float magnitude) {
  const float t = reciprocal(1.0f + 0.3275911f * magnitude);
  float y = 1.061405429f;
  y = y * t - 1.453152027f;
  y = y * t + 1.421413741f;
  y = y * t - 0.284496736f;
  y = y * t + 0.254829592f;
  return y * t;
}

DEEPCACHE_GEN_INLINE float gelu(float x) {
  // Below -14 the result is zero for all purposes; without the bounds it would not be a number for infinity.
  const float bounded = x < -14.0f ? -14.0f : x;
  const float positive = x < 0 ? -bounded : bounded;
  const float magnitude = (positive > 14.0f ? 14.0f : positive) * 0.707106781f;
  const float complement = scaled_complement(magnitude) * exponential(-magnitude * magnitude);
  // 1 + erf is the complement on the left of zero, where this form loses nothing, and 2 minus it on the right.
  return 0.5f * bounded * (x < 0 ? complement : 2.0f - complement);
}

// The loops are apart because the compiler vectorises each of them, but not one that mixes widths and polynomials.
template <typename Number>
DEEPCACHE_GEN_INLINE void gate_part(const Number* __restrict value, const Number* __restrict gate, std::size_t count,
                                    Number* __restrict output) {
  float gated[kPart];
  for (std::size_t i = 0; i < count; ++i) gated[i] = load(gate[i]);
  for (std::size_t i = 0; i < count; ++i) gated[i] = gelu(gated[i]);
  for (std::size_t i = 0; i < count; ++i) store(gated[i] * load(value[i]), output[i]);
}

template <typename Number>
DEEPCACHE_GEN_INLINE void gate_row_of(const Number* value, const Number* gate, std::size_t count, Number* output) {
  for (std::size_t i = 0; i < count; i += kPart) {
    gate_part(value + i, gate + i, std::min(kPart, count - i), output + i);
  }
}

}  // namespace

DEEPCACHE_GEN_VECTORIZED void gate_row(const float* value, const float* gate, std::size_t count, float* output) {
  gate_row_of(value, gate, count, output);
}

DEEPCACHE_GEN_VECTORIZED void gate_row(const Bfloat16Bits* value, const Bfloat16Bits* gate, std::size_t count,
                                       Bfloat16Bits* output) {
  gate_row_of(value, gate, count, output);
}

}  // namespace deepcache_gen
