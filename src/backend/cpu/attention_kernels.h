#pragma once

#include <cstddef>

#include "backend/cpu/vector_math.h"

namespace deepcache_gen {

/// Columns of a panel. A matrix on the right of a product is cut into panels of that many columns; their numbers are
/// rows of 32-bit words, a word holding one float32, or the bfloat16 numbers of two rows that follow one another (what
/// processors multiply in pairs; Intel calls it VNNI). The last panel has as long rows, of which some words are unset.
inline constexpr std::size_t kPanelColumns = 64;

/// 32-bit words of a panel of numbers of that type and so many rows.
template <typename Number>
constexpr std::size_t panel_words(std::size_t rows) {
  return (rows * sizeof(Number) + 3) / 4 * kPanelColumns;
}

/// Makes panels of a matrix, or of its transpose: `rows` rows, each `stride` numbers after the one before, of `columns`
/// numbers. A missing row of a pair is zero; of a transpose in bfloat16 `columns` must be even.
void pack(const float* matrix, std::size_t stride, std::size_t rows, std::size_t columns, void* panels);
void pack(const Bfloat16Bits* matrix, std::size_t stride, std::size_t rows, std::size_t columns, void* panels);
void pack_transposed(const float* matrix, std::size_t stride, std::size_t rows, std::size_t columns, void* panels);
void pack_transposed(const Bfloat16Bits* matrix, std::size_t stride, std::size_t rows, std::size_t columns,
                     void* panels);

/// What is known of a query after some of its scores: the greatest, and the sum of e^(scale * (score - greatest)).
struct SoftmaxState {
  float greatest, sum;
};

/// Takes `count` more scores into `state` and makes weights e^(scale * (score - greatest)) of them, scale > 0. Returns
/// the factor that earlier weights must be multiplied by since the greatest score changed (Milakov and Gimelshein,
/// arXiv 1805.02867).
float soften(float* scores, std::size_t count, float scale, SoftmaxState& state);

/// values * factor, in place.
void multiply(float* values, std::size_t count, float factor);

/// output = values * factor, rounded to the output's type; they must not overlap.
void multiply(const float* values, std::size_t count, float factor, float* output);
void multiply(const float* values, std::size_t count, float factor, Bfloat16Bits* output);

}  // namespace deepcache_gen
