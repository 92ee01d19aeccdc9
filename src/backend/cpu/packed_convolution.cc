#include "backend/cpu/packed_convolution.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/List.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/gelu.h>

#include <string_view>

#include "backend/cpu/library_operator.h"

namespace deepcache_gen {
namespace {

using Sizes = at::IntArrayRef;
using Scalars = c10::List<std::optional<at::Scalar>>;
using Name = std::optional<std::string_view>;

}  // namespace

PackedConvolution::PackedConvolution(const at::Tensor& weight, const std::optional<at::Tensor>& bias,
                                     ConvolutionGeometry geometry, const WeightConversion& conversion)
    : outputs_(weight.size(0)),
      kernel_{weight.size(2), weight.size(3)},
      weight_(weight, conversion, std::move(geometry)) {
  // Copied in any case: the numbers may lie in a mapped file.
  if (bias) bias_ = bias->to(conversion.dtype(), false, /*copy=*/true);
}

at::Tensor PackedConvolution::run(const at::Tensor& input) const {
  return is_miscomputed(input) ? run_in_float32(input) : convolve(input, "none");
}

at::Tensor PackedConvolution::run_gelu(const at::Tensor& input) const {
  return is_miscomputed(input) ? at::gelu(run_in_float32(input)) : convolve(input, "gelu");
}

at::Tensor PackedConvolution::convolve(const at::Tensor& input, std::string_view activation) const {
  static const auto convolve =
      find_library_operator<at::Tensor(const at::Tensor&, const at::Tensor&, const std::optional<at::Tensor>&, Sizes,
                                       Sizes, Sizes, std::int64_t, std::string_view, Scalars, Name)>(
          "mkldnn::_convolution_pointwise");
  const ConvolutionGeometry& geometry = weight_.geometry();
  return convolve.call(input, weight_.packed_for(input.sizes()), bias_, geometry.padding, geometry.stride,
                       geometry.dilation, geometry.groups, activation, Scalars(), activation == "gelu" ? "none" : "");
}

at::Tensor PackedConvolution::run_add(const at::Tensor& input, at::Tensor other) const {
  const bool is_only_reference = other.use_count() == 1 && other.storage().use_count() == 1;
  // oneDNN's sum into another tensor than `other` takes longer than a sum of its own.
  if (!is_only_reference || !has_output_shape(other, input) || is_miscomputed(input)) return run(input) + other;
  add_to(other, input);
  return other;
}

std::int64_t PackedConvolution::output_size(const at::Tensor& input, std::size_t side) const {
  const ConvolutionGeometry& geometry = weight_.geometry();
  const std::int64_t kernel = (kernel_[side] - 1) * geometry.dilation[side] + 1;
  const std::int64_t padded = input.size(static_cast<int>(side) + 2) + 2 * geometry.padding[side];
  return (padded - kernel) / geometry.stride[side] + 1;
}

bool PackedConvolution::has_output_shape(const at::Tensor& other, const at::Tensor& input) const {
  if (other.dim() != 4 || !other.is_contiguous(c10::MemoryFormat::ChannelsLast)) return false;
  return other.scalar_type() == input.scalar_type() &&
         other.sizes() == Sizes({input.size(0), outputs_, output_size(input, 0), output_size(input, 1)});
}

bool PackedConvolution::is_miscomputed(const at::Tensor& input) const {
  return input.scalar_type() == at::kBFloat16 && weight_.geometry().stride[1] > 1 && output_size(input, 1) == 1;
}

at::Tensor PackedConvolution::run_in_float32(const at::Tensor& input) const {
  const ConvolutionGeometry& geometry = weight_.geometry();
  const std::optional<at::Tensor> bias = bias_ ? std::optional(bias_->to(at::kFloat)) : std::nullopt;
  return at::conv2d(input.to(at::kFloat), weight_.plain().to(at::kFloat), bias, geometry.stride, geometry.padding,
                    geometry.dilation, geometry.groups)
      .to(input.scalar_type());
}

void PackedConvolution::add_to(at::Tensor& sum, const at::Tensor& input) const {
  static const auto convolve = find_library_operator<at::Tensor&(
      at::Tensor&, const at::Tensor&, const at::Tensor&, const std::optional<at::Tensor>&, Sizes, Sizes, Sizes,
      std::int64_t, std::string_view, std::optional<at::Scalar>, Name, Scalars, Name)>(
      "mkldnn::_convolution_pointwise_", "binary");
  const ConvolutionGeometry& geometry = weight_.geometry();
  convolve.call(sum, input, weight_.packed_for(input.sizes()), bias_, geometry.padding, geometry.stride,
                geometry.dilation, geometry.groups, "add", at::Scalar(1.0), {}, Scalars(), {});
}

}  // namespace deepcache_gen
