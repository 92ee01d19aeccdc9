#pragma once

#include <ATen/ATen.h>

#include <limits>

namespace deepcache_gen {

/// What the order of a sum of some thousand terms may change.
inline constexpr double kFloatTolerance = 1e-5;
/// A result is rounded to 8 bits, and so is a sum with it.
inline constexpr double kBfloat16Tolerance = 2 * 0x1p-8;

/// The largest difference between two tensors as a share of the largest number of `expected`; infinite where their
/// shapes differ.
inline double relative_difference(const at::Tensor& actual, const at::Tensor& expected) {
  if (actual.sizes() != expected.sizes()) return std::numeric_limits<double>::infinity();
  const at::Tensor difference = actual.to(at::kDouble) - expected.to(at::kDouble);
  return (difference.abs().max() / expected.to(at::kDouble).abs().max()).item<double>();
}

}  // namespace deepcache_gen
