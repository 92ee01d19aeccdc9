#pragma once

#include <cstddef>

#include "backend/cpu/vector_math.h"

namespace deepcache_gen {

/// Rows of `channels` numbers each, one after the other in memory: pixels of a channels-last image.
template <typename Number>
struct Rows {
  Number* data;
  std::size_t count;
  std::size_t channels;
};

/// Per channel, adds the differences to `pivot` and their squares over the rows to `sum` and `square`.
void add_moments(const Rows<const float>& rows, const float* pivot, float* sum, float* square);
void add_moments(const Rows<const Bfloat16Bits>& rows, const float* pivot, float* sum, float* square);

/// output = input * scale + shift, scale and shift per channel; with `silu` then y / (1 + exp(-y)) (Elfwing et al.,
/// arXiv 1702.03118). Input and output must not overlap.
void scale_channels(const Rows<const float>& input, float* output, const float* scale, const float* shift, bool silu);
void scale_channels(const Rows<const Bfloat16Bits>& input, Bfloat16Bits* output, const float* scale, const float* shift,
                    bool silu);

}  // namespace deepcache_gen
