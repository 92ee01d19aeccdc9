#pragma once

#include <ATen/core/Tensor.h>

#include <optional>

#include "backend/graph/weight_source.h"

namespace deepcache_gen {

/// y = x W^T + b, with the weight packed once into the layout that oneDNN computes in, and again when its source is
/// patched. float32 or bfloat16. Only one thread may run it at a time.
class PackedLinear : public FollowingWeight {
 public:
  /// Packs `weight` [outputs, inputs] in the dtype of the conversion; `bias`: [outputs]. Throws `Error` for other
  /// shapes.
  PackedLinear(WeightSource weight, const std::optional<at::Tensor>& bias, const WeightConversion& conversion);
  /// The same in the weight's own dtype.
  PackedLinear(const at::Tensor& weight, const std::optional<at::Tensor>& bias);

  /// `input`: [..., inputs] in that dtype, not empty, or it throws `Error`; returns [..., outputs].
  at::Tensor run(const at::Tensor& input) const;
  /// gelu(y), with the error function.
  at::Tensor run_gelu(const at::Tensor& input) const;
  /// y + other.
  at::Tensor run_add(const at::Tensor& input, const at::Tensor& other) const;

  void follow() const override;

 private:
  const at::Tensor& packed() const;
  void pack_again() const;

  mutable WeightSource source_;
  WeightConversion conversion_;  // for packing again
  std::int64_t outputs_, inputs_;
  mutable at::Tensor weight_;  // undefined where packing failed
  mutable WeightState state_;  // of the source, of which `weight_` was packed
  std::optional<at::Tensor> bias_;
};

}  // namespace deepcache_gen
