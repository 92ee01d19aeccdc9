#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <optional>
#include <vector>

namespace deepcache_gen {

/// A two-dimensional convolution with the weight packed once into the layout that oneDNN computes in. float32 or
/// bfloat16, channels-last.
class PackedConvolution {
 public:
  struct Geometry {
    std::vector<std::int64_t> stride, padding, dilation;  ///< height and width
    std::int64_t groups;
  };
  /// Packs `weight` [outputs, inputs / groups, height, width] in its dtype; `bias`: [outputs].
  PackedConvolution(const at::Tensor& weight, const std::optional<at::Tensor>& bias, Geometry geometry);

  /// `input`: [batch, inputs, height, width].
  at::Tensor run(const at::Tensor& input) const;
  /// The convolution plus `other`, which is overwritten where this is the only reference to it.
  at::Tensor run_add(const at::Tensor& input, at::Tensor other) const;

 private:
  std::int64_t output_size(const at::Tensor& input, std::size_t side) const;  // side 0: height, 1: width
  bool has_output_shape(const at::Tensor& other, const at::Tensor& input) const;
  // Whether this is where the oneDNN of LibTorch 2.11.0 gives garbage on a processor with AMX: in bfloat16, with a
  // stride, where the result is one pixel wide and higher.
  bool is_miscomputed(const at::Tensor& input) const;
  at::Tensor run_in_float32(const at::Tensor& input) const;
  void add_to(at::Tensor& sum, const at::Tensor& input) const;

  Geometry geometry_;
  std::int64_t outputs_;
  std::array<std::int64_t, 2> kernel_;  // height and width
  at::Tensor weight_;
  std::optional<at::Tensor> bias_;
};

}  // namespace deepcache_gen
