#pragma once

#include <ATen/core/Tensor.h>

#include <utility>
#include <vector>

#include "backend/fused_operators.h"

namespace deepcache_gen {

/// A sum of tensors, each times a number: what the formulas of samplers are. Without fused operators each operation is
/// done at once, by LibTorch; with them the terms are collected, and added up in one pass over memory where a tensor is
/// asked for. All tensors are float32, of one shape, on one device.
class LinearForm {
 public:
  /// One tensor. `operators`: null for LibTorch's; forms that are put together have the same.
  explicit LinearForm(at::Tensor tensor, const FusedOperators* operators = nullptr)
      : operators_(operators), terms_{{std::move(tensor), 1}} {}

  /// What it comes to.
  operator at::Tensor() const;

  friend LinearForm operator+(const LinearForm& a, const LinearForm& b);
  friend LinearForm operator-(const LinearForm& a, const LinearForm& b);
  friend LinearForm operator*(const LinearForm& form, const at::Scalar& number);
  friend LinearForm operator*(const at::Scalar& number, const LinearForm& form);
  friend LinearForm operator/(const LinearForm& form, const at::Scalar& number);

 private:
  const at::Tensor& tensor() const { return terms_.front().tensor; }
  LinearForm with(at::Tensor tensor) const { return LinearForm(std::move(tensor), operators_); }
  void add(const LinearForm& other, double weight);
  void scale(double weight);

  const FusedOperators* operators_;
  std::vector<WeighedTensor> terms_;  ///< each tensor once; without operators one, of weight 1
};

}  // namespace deepcache_gen
