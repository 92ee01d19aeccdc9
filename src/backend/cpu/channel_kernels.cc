#include "backend/cpu/channel_kernels.h"

#include <algorithm>

namespace deepcache_gen {
namespace {

constexpr std::size_t kPart = 512;  // channels; their float32 numbers stay in the nearest cache

template <typename Number>
DEEPCACHE_GEN_INLINE void add_moments_of(const Rows<const Number>& rows, const float* __restrict pivot,
                                         float* __restrict sum, float* __restrict square) {
  const std::size_t channels = rows.channels;
  for (std::size_t row = 0; row < rows.count; ++row) {
    const Number* __restrict numbers = rows.data + row * channels;
    for (std::size_t c = 0; c < channels; ++c) {
      const float difference = load(numbers[c]) - pivot[c];
      sum[c] += difference;
      square[c] += difference * difference;
    }
  }
}

// Below -80 the result is zero for all purposes; without the bound it would not be for infinity.
DEEPCACHE_GEN_INLINE float silu_of(float y) {
  const float bounded = y < -80.0f ? -80.0f : y;
  return bounded * reciprocal(1.0f + exponential(-bounded));
}

// The loops are apart because the compiler vectorises each of them, but not one that mixes widths and polynomials.
template <typename Number>
DEEPCACHE_GEN_INLINE void scale_part(const Number* __restrict input, Number* __restrict output,
                                     const float* __restrict scale, const float* __restrict shift, std::size_t count,
                                     bool silu) {
  float y[kPart];
  for (std::size_t c = 0; c < count; ++c) y[c] = load(input[c]) * scale[c] + shift[c];
  if (silu) {
    for (std::size_t c = 0; c < count; ++c) y[c] = silu_of(y[c]);
  }
  for (std::size_t c = 0; c < count; ++c) store(y[c], output[c]);
}

template <typename Number>
DEEPCACHE_GEN_INLINE void scale_rows(const Rows<const Number>& input, Number* output, const float* scale,
                                     const float* shift, bool silu) {
  for (std::size_t row = 0; row < input.count; ++row) {
    for (std::size_t c = 0; c < input.channels; c += kPart) {
      const std::size_t at = row * input.channels + c, count = std::min(kPart, input.channels - c);
      scale_part(input.data + at, output + at, scale + c, shift + c, count, silu);
    }
  }
}

}  // namespace

DEEPCACHE_GEN_VECTORIZED void add_moments(const Rows<const float>& rows, const float* pivot, float* sum,
                                          float* square) {
  add_moments_of(rows, pivot, sum, square);
}

DEEPCACHE_GEN_VECTORIZED void add_moments(const Rows<const Bfloat16Bits>& rows, const float* pivot, float* sum,
                                          float* square) {
  add_moments_of(rows, pivot, sum, square);
}

DEEPCACHE_GEN_VECTORIZED void scale_channels(const Rows<const float>& input, float* output, const float* scale,
                                             const float* shift, bool silu) {
  scale_rows(input, output, scale, shift, silu);
}

DEEPCACHE_GEN_VECTORIZED void scale_channels(const Rows<const Bfloat16Bits>& input, Bfloat16Bits* output,
                                             const float* scale, const float* shift, bool silu) {
  scale_rows(input, output, scale, shift, silu);
}

}  // namespace deepcache_gen
