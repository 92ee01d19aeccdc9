#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <optional>
#include <string_view>

#include "backend/cpu/convolution_weight.h"

namespace deepcache_gen {

/// A two-dimensional convolution by oneDNN, float32 or bfloat16, channels-last. Only one thread may run it at a time.
class PackedConvolution {
 public:
  /// `weight`: [outputs, inputs / groups, height, width]; `bias`: [outputs]. Throws `Error` where one of them does not
  /// fit the geometry, or where that has another number than two of anything, or one that is too small or too large.
  PackedConvolution(WeightSource weight, const std::optional<at::Tensor>& bias, ConvolutionGeometry geometry,
                    const WeightConversion& conversion);

  /// `input`: [batch, inputs, height, width] in the dtype of the conversion, no smaller than the kernel, or it throws
  /// `Error`.
  at::Tensor run(const at::Tensor& input) const;
  /// gelu of the convolution, with the error function.
  at::Tensor run_gelu(const at::Tensor& input) const;
  /// The convolution plus `other`, which is overwritten where this is the only reference to it.
  at::Tensor run_add(const at::Tensor& input, at::Tensor other) const;

 private:
  void require_input(const at::Tensor& input) const;
  at::Tensor convolve(const at::Tensor& input, std::string_view activation) const;
  std::int64_t output_size(const at::Tensor& input, std::size_t side) const;  // side 0: height, 1: width
  bool has_output_shape(const at::Tensor& other, const at::Tensor& input) const;
  // Whether this is where the oneDNN of LibTorch 2.11.0 gives garbage on a processor with AMX: in bfloat16, with a
  // stride, where the result is one pixel wide and higher.
  bool is_miscomputed(const at::Tensor& input) const;
  at::Tensor run_in_float32(const at::Tensor& input) const;
  void add_to(at::Tensor& sum, const at::Tensor& input) const;

  c10::ScalarType dtype_;
  std::int64_t outputs_, inputs_;
  std::array<std::int64_t, 2> kernel_;  // height and width
  mutable ConvolutionWeight weight_;    // packed when the sizes of an input ask for it
  std::optional<at::Tensor> bias_;
};

}  // namespace deepcache_gen
