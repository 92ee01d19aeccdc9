#include "backend/cpu/packed_convolution.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/List.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/gelu.h>

#include <algorithm>
#include <limits>
#include <string_view>
#include <utility>

#include "backend/cpu/library_operator.h"
#include "backend/cpu/operands.h"
#include "backend/graph/refused_operand.h"
#include "support/error.h"

namespace deepcache_gen {
namespace {

using Sizes = at::IntArrayRef;
using Scalars = c10::List<std::optional<at::Scalar>>;
using Name = std::optional<std::string_view>;

// Strides, padding and dilation. No model comes near; sizes are computed of them without overflowing.
constexpr std::int64_t kMost = 1 << 12;

void require_two(const char* what, const std::vector<std::int64_t>& numbers, std::int64_t least) {
  const auto is_accepted = [&](std::int64_t number) { return number >= least && number <= kMost; };
  if (numbers.size() == 2 && std::all_of(numbers.begin(), numbers.end(), is_accepted)) return;
  throw Error(c10::str("a convolution's ", what, " is ", at::IntArrayRef(numbers), ", accepted are two numbers from ",
                       least, " to ", kMost, "; export the model again"));
}

const at::Tensor& checked(const at::Tensor& weight, const ConvolutionGeometry& geometry) {
  require_two("stride", geometry.stride, 1);
  require_two("padding", geometry.padding, 0);
  require_two("dilation", geometry.dilation, 1);
  const std::int64_t groups = geometry.groups;
  if (weight.dim() != 4 || weight.numel() == 0 || groups < 1 || weight.size(0) % groups != 0) {
    refuse_operand(c10::str("a convolution of ", groups, " groups"),
                   "1 or more groups and a weight [outputs, inputs of a group, height, width] that divides into them",
                   weight);
  }
  return weight;
}

}  // namespace

PackedConvolution::PackedConvolution(WeightSource weight, const std::optional<at::Tensor>& bias,
                                     ConvolutionGeometry geometry, const WeightConversion& conversion)
    : dtype_(conversion.dtype()),
      outputs_(checked(weight.outline(), geometry).size(0)),
      inputs_(weight.outline().size(1) * geometry.groups),
      kernel_{weight.outline().size(2), weight.outline().size(3)},
      weight_(std::move(weight), conversion, std::move(geometry)) {
  require_per_channel(bias, "a convolution", outputs_);
  // Copied in any case: the numbers may lie in a mapped file.
  if (bias) bias_ = bias->to(conversion.dtype(), false, /*copy=*/true);
}

void PackedConvolution::require_input(const at::Tensor& input) const {
  constexpr std::int64_t kLongest = std::numeric_limits<std::int32_t>::max();
  const bool fits = is_computable(input, dtype_) && input.dim() == 4 && input.size(1) == inputs_ && input.numel() > 0 &&
                    input.size(2) < kLongest && input.size(3) < kLongest;
  if (fits && output_size(input, 0) > 0 && output_size(input, 1) > 0) return;
  const at::IntArrayRef kernel(kernel_);
  refuse_operand(c10::str("a convolution by ", kernel), c10::str(dtype_, " images of ", inputs_, " channels"), input);
}

at::Tensor PackedConvolution::run(const at::Tensor& input) const {
  require_input(input);
  return is_miscomputed(input) ? run_in_float32(input) : convolve(input, "none");
}

at::Tensor PackedConvolution::run_gelu(const at::Tensor& input) const {
  require_input(input);
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
  require_input(input);
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
  return padded < kernel ? 0 : (padded - kernel) / geometry.stride[side] + 1;
}

bool PackedConvolution::has_output_shape(const at::Tensor& other, const at::Tensor& input) const {
  if (!is_computable(other, dtype_) || other.dim() != 4 || !other.is_contiguous(c10::MemoryFormat::ChannelsLast)) {
    return false;
  }
  return other.sizes() == Sizes({input.size(0), outputs_, output_size(input, 0), output_size(input, 1)});
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
