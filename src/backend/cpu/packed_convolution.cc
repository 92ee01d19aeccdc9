#include "backend/cpu/packed_convolution.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/List.h>
#include <ATen/ops/conv2d.h>

#include <string_view>

#include "backend/cpu/library_operator.h"

namespace deepcache_gen {
namespace {

using Sizes = at::IntArrayRef;
using Scalars = c10::List<std::optional<at::Scalar>>;
using Name = std::optional<std::string_view>;

// Without an input size oneDNN chooses a slower layout; a weight packed for this one also suits others.
std::vector<std::int64_t> typical_input(const at::Tensor& weight, std::int64_t groups) {
  return {2, weight.size(1) * groups, 32, 32};
}

at::Tensor pack(const at::Tensor& weight, const PackedConvolution::Geometry& geometry) {
  static const auto reorder =
      find_library_operator<at::Tensor(const at::Tensor&, Sizes, Sizes, Sizes, std::int64_t, at::OptionalIntArrayRef)>(
          "mkldnn::_reorder_convolution_weight");
  const std::vector<std::int64_t> input = typical_input(weight, geometry.groups);
  return reorder.call(weight, geometry.padding, geometry.stride, geometry.dilation, geometry.groups, Sizes(input));
}

}  // namespace

PackedConvolution::PackedConvolution(const at::Tensor& weight, const std::optional<at::Tensor>& bias, Geometry geometry)
    : geometry_(std::move(geometry)),
      outputs_(weight.size(0)),
      kernel_{weight.size(2), weight.size(3)},
      weight_(pack(weight, geometry_)) {
  // Copied in any case: the numbers may lie in a mapped file.
  if (bias) bias_ = bias->to(weight.scalar_type(), false, /*copy=*/true);
}

at::Tensor PackedConvolution::run(const at::Tensor& input) const {
  if (is_miscomputed(input)) return run_in_float32(input);
  static const auto convolve =
      find_library_operator<at::Tensor(const at::Tensor&, const at::Tensor&, const std::optional<at::Tensor>&, Sizes,
                                       Sizes, Sizes, std::int64_t, std::string_view, Scalars, Name)>(
          "mkldnn::_convolution_pointwise");
  return convolve.call(input, weight_, bias_, geometry_.padding, geometry_.stride, geometry_.dilation, geometry_.groups,
                       "none", Scalars(), "");
}

at::Tensor PackedConvolution::run_add(const at::Tensor& input, at::Tensor other) const {
  const bool is_only_reference = other.use_count() == 1 && other.storage().use_count() == 1;
  // oneDNN's sum into another tensor than `other` takes longer than a sum of its own.
  if (!is_only_reference || !has_output_shape(other, input) || is_miscomputed(input)) return run(input) + other;
  add_to(other, input);
  return other;
}

std::int64_t PackedConvolution::output_size(const at::Tensor& input, std::size_t side) const {
  const std::int64_t kernel = (kernel_[side] - 1) * geometry_.dilation[side] + 1;
  const std::int64_t padded = input.size(static_cast<int>(side) + 2) + 2 * geometry_.padding[side];
  return (padded - kernel) / geometry_.stride[side] + 1;
}

bool PackedConvolution::has_output_shape(const at::Tensor& other, const at::Tensor& input) const {
  if (other.dim() != 4 || !other.is_contiguous(c10::MemoryFormat::ChannelsLast)) return false;
  return other.scalar_type() == input.scalar_type() &&
         other.sizes() == Sizes({input.size(0), outputs_, output_size(input, 0), output_size(input, 1)});
}

bool PackedConvolution::is_miscomputed(const at::Tensor& input) const {
  return input.scalar_type() == at::kBFloat16 && geometry_.stride[1] > 1 && output_size(input, 1) == 1;
}

at::Tensor PackedConvolution::run_in_float32(const at::Tensor& input) const {
  const at::Tensor weight = weight_.to_dense().to(at::kFloat);
  const std::optional<at::Tensor> bias = bias_ ? std::optional(bias_->to(at::kFloat)) : std::nullopt;
  return at::conv2d(input.to(at::kFloat), weight, bias, geometry_.stride, geometry_.padding, geometry_.dilation,
                    geometry_.groups)
      .to(input.scalar_type());
}

void PackedConvolution::add_to(at::Tensor& sum, const at::Tensor& input) const {
  static const auto convolve = find_library_operator<at::Tensor&(
      at::Tensor&, const at::Tensor&, const at::Tensor&, const std::optional<at::Tensor>&, Sizes, Sizes, Sizes,
      std::int64_t, std::string_view, std::optional<at::Scalar>, Name, Scalars, Name)>(
      "mkldnn::_convolution_pointwise_", "binary");
  convolve.call(sum, input, weight_, bias_, geometry_.padding, geometry_.stride, geometry_.dilation, geometry_.groups,
                "add", at::Scalar(1.0), {}, Scalars(), {});
}

}  // namespace deepcache_gen
