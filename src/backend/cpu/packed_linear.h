#pragma once

#include <ATen/core/Tensor.h>

#include <optional>

namespace deepcache_gen {

/// y = x W^T + b, with the weight packed once into the layout that oneDNN computes in. float32 or bfloat16.
class PackedLinear {
 public:
  /// Packs `weight` [outputs, inputs] in its dtype; `bias`: [outputs]. Throws `Error` for other shapes.
  PackedLinear(const at::Tensor& weight, const std::optional<at::Tensor>& bias);

  /// `input`: [..., inputs] in the weight's dtype, not empty, or it throws `Error`; returns [..., outputs].
  at::Tensor run(const at::Tensor& input) const;
  /// gelu(y), with the error function.
  at::Tensor run_gelu(const at::Tensor& input) const;
  /// y + other.
  at::Tensor run_add(const at::Tensor& input, const at::Tensor& other) const;

 private:
  at::Tensor weight_;
  std::int64_t outputs_, inputs_;
  std::optional<at::Tensor> bias_;
};

}  // namespace deepcache_gen
