#pragma once

#include <algorithm>
#include <cstddef>
#include <limits>
#include <random>
#include <vector>

#include "backend/cpu/vector_math.h"

namespace deepcache_gen {

inline constexpr float kInfinity = std::numeric_limits<float>::infinity();
inline constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

/// The values as a kernel reads them: floats, or rounded to bfloat16.
template <typename Number>
std::vector<Number> stored(const std::vector<float>& values) {
  std::vector<Number> numbers(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) store(values[i], numbers[i]);
  return numbers;
}

/// Normally distributed around 0.
inline std::vector<float> random_values(std::size_t count, float deviation, unsigned seed) {
  std::mt19937 generator(seed);
  std::normal_distribution<float> normal(0, deviation);
  std::vector<float> values(count);
  std::generate(values.begin(), values.end(), [&] { return normal(generator); });
  return values;
}

}  // namespace deepcache_gen
