#include "backend/cpu/attention_kernels.h"

#include <algorithm>
#include <cstring>
#include <type_traits>

namespace deepcache_gen {
namespace {

constexpr std::size_t kLanes = 32;  // results that do not wait for each other

template <typename Number>
DEEPCACHE_GEN_INLINE std::uint32_t bits_of(Number number) {
  if constexpr (std::is_same_v<Number, float>)
    return std::bit_cast<std::uint32_t>(number);
  else
    return number.bits;
}

template <typename Number>
DEEPCACHE_GEN_INLINE void pack_panel(const Number* __restrict matrix, std::size_t stride, std::size_t rows,
                                     std::size_t columns, std::uint32_t* __restrict words) {
  constexpr std::size_t kRowsOfAWord = 4 / sizeof(Number);
  for (std::size_t row = 0; row < rows; row += kRowsOfAWord, words += kPanelColumns) {
    const Number* first = matrix + row * stride;
    if (kRowsOfAWord == 1 || row + 1 == rows) {
      for (std::size_t c = 0; c < columns; ++c) words[c] = bits_of(first[c]);
    } else {
      const Number* second = first + stride;
      for (std::size_t c = 0; c < columns; ++c) words[c] = bits_of(first[c]) | bits_of(second[c]) << 16;
    }
  }
}

template <typename Number>
DEEPCACHE_GEN_INLINE void pack_of(const Number* matrix, std::size_t stride, std::size_t rows, std::size_t columns,
                                  void* panels) {
  auto* words = static_cast<std::uint32_t*>(panels);
  for (std::size_t c = 0; c < columns; c += kPanelColumns) {
    pack_panel(matrix + c, stride, rows, std::min(kPanelColumns, columns - c), words);
    words += panel_words<Number>(rows);
  }
}

// A row of the matrix is a column of a panel, and its words are the words of that column.
template <typename Number>
DEEPCACHE_GEN_INLINE void pack_transposed_of(const Number* matrix, std::size_t stride, std::size_t rows,
                                             std::size_t columns, void* panels) {
  const std::size_t words = panel_words<Number>(columns);
  auto* panel = static_cast<std::uint32_t*>(panels);
  for (std::size_t row = 0; row < rows; ++row) {
    std::uint32_t* column = panel + row / kPanelColumns * words + row % kPanelColumns;
    const auto* numbers = reinterpret_cast<const std::byte*>(matrix + row * stride);
    for (std::size_t i = 0; i < words; i += kPanelColumns, numbers += 4) std::memcpy(column + i, numbers, 4);
  }
}

// Of the numbers, in any order, and of `start`, any number of times.
template <typename Combine>
DEEPCACHE_GEN_INLINE float reduce(const float* numbers, std::size_t count, float start, const Combine& combine) {
  float lanes[kLanes];
  std::fill_n(lanes, kLanes, start);
  std::size_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    for (std::size_t k = 0; k < kLanes; ++k) lanes[k] = combine(lanes[k], numbers[i + k]);
  }
  for (std::size_t k = 0; i < count; ++i, ++k) lanes[k] = combine(lanes[k], numbers[i]);
  for (std::size_t half = kLanes / 2; half > 0; half /= 2) {
    for (std::size_t k = 0; k < half; ++k) lanes[k] = combine(lanes[k], lanes[k + half]);
  }
  return lanes[0];
}

DEEPCACHE_GEN_INLINE float greatest_of(const float* numbers, std::size_t count, float least) {
  return reduce(numbers, count, least, [](float a, float b) { return b > a ? b : a; });
}

DEEPCACHE_GEN_INLINE float sum_of(const float* numbers, std::size_t count) {
  return reduce(numbers, count, 0, [](float a, float b) { return a + b; });
}

}  // namespace

DEEPCACHE_GEN_VECTORIZED void pack(const float* matrix, std::size_t stride, std::size_t rows, std::size_t columns,
                                   void* panels) {
  pack_of(matrix, stride, rows, columns, panels);
}

DEEPCACHE_GEN_VECTORIZED void pack(const Bfloat16Bits* matrix, std::size_t stride, std::size_t rows,
                                   std::size_t columns, void* panels) {
  pack_of(matrix, stride, rows, columns, panels);
}

void pack_transposed(const float* matrix, std::size_t stride, std::size_t rows, std::size_t columns, void* panels) {
  pack_transposed_of(matrix, stride, rows, columns, panels);
}

void pack_transposed(const Bfloat16Bits* matrix, std::size_t stride, std::size_t rows, std::size_t columns,
                     void* panels) {
  pack_transposed_of(matrix, stride, rows, columns, panels);
}

DEEPCACHE_GEN_VECTORIZED float soften(float* scores, std::size_t count, float scale, SoftmaxState& state) {
  const float greatest = greatest_of(scores, count, state.greatest);
  const float binary_scale = scale * kLog2OfE;
  for (std::size_t i = 0; i < count; ++i) scores[i] = power_of_two((scores[i] - greatest) * binary_scale);
  const float factor = power_of_two((state.greatest - greatest) * binary_scale);
  state = {greatest, state.sum * factor + sum_of(scores, count)};
  return factor;
}

DEEPCACHE_GEN_VECTORIZED void multiply(float* values, std::size_t count, float factor) {
  for (std::size_t i = 0; i < count; ++i) values[i] *= factor;
}

DEEPCACHE_GEN_VECTORIZED void multiply(const float* __restrict values, std::size_t count, float factor,
                                       float* __restrict output) {
  for (std::size_t i = 0; i < count; ++i) store(values[i] * factor, output[i]);
}

DEEPCACHE_GEN_VECTORIZED void multiply(const float* __restrict values, std::size_t count, float factor,
                                       Bfloat16Bits* __restrict output) {
  for (std::size_t i = 0; i < count; ++i) store(values[i] * factor, output[i]);
}

}  // namespace deepcache_gen
