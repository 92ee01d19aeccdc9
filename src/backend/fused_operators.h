#pragma once

#include <ATen/core/Tensor.h>

#include <span>

namespace deepcache_gen {

/// A tensor and the number that it is multiplied by.
struct WeighedTensor {
  at::Tensor tensor;
  double weight;
};

/// What a GroupNorm (Wu and He, arXiv 1803.08494) works on; all of one dtype (float32, float16 or bfloat16), on one
/// device.
struct GroupNormInputs {
  at::Tensor input;   ///< [batch, channels, height, width], channels-last
  at::Tensor addend;  ///< [batch, channels, 1, 1], added before anything else; undefined: nothing
  std::int64_t groups;
  at::Tensor weight, bias;  ///< [channels]
  double eps;
  bool silu;  ///< whether x * sigmoid(x) of the result is taken
};

/// What a GPU does in one pass over memory where LibTorch takes several. Computed in float32 at least, stored in the
/// inputs' dtype. Throws `Error` for inputs that do not fit each other. Nothing here waits for the device.
class FusedOperators {
 public:
  virtual ~FusedOperators() = default;

  /// As `input`, channels-last.
  virtual at::Tensor group_norm(const GroupNormInputs& inputs) const = 0;
  /// Shazeer, arXiv 2002.05202: of halves a, b of the last dimension, a * gelu(b), where gelu is exact (erf).
  /// `both`: [..., 2n]; returns [..., n].
  virtual at::Tensor geglu(const at::Tensor& both) const = 0;
  /// The sum of 1 to 8 tensors in float32 of one shape, each times its number; added up in float64, since terms may
  /// nearly cancel each other.
  virtual at::Tensor weighted_sum(std::span<const WeighedTensor> terms) const = 0;
};

/// The same source compiled for the CPU, in one thread: what the device's operators are tested by, and the graphs that
/// use them where there is no device.
const FusedOperators& fused_operators_on_cpu();

}  // namespace deepcache_gen
