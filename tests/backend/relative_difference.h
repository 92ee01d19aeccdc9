#pragma once

#include <ATen/ATen.h>

#include <limits>

namespace deepcache_gen {

/// The largest difference between two tensors as a share of the largest number of `expected`; infinite where their
/// shapes differ.
inline double relative_difference(const at::Tensor& actual, const at::Tensor& expected) {
  if (actual.sizes() != expected.sizes()) return std::numeric_limits<double>::infinity();
  const at::Tensor difference = actual.to(at::kDouble) - expected.to(at::kDouble);
  return (difference.abs().max() / expected.to(at::kDouble).abs().max()).item<double>();
}

}  // namespace deepcache_gen
