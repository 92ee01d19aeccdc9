#include <ATen/TensorOperators.h>

#include <memory>
#include <utility>
#include <vector>

#include "backend/cpu/group_norm.h"
#include "backend/cpu/operator_lowerings.h"
#include "backend/cpu/packed_convolution.h"
#include "backend/cpu/packed_linear.h"
#include "backend/cpu/processor.h"
#include "backend/graph/tensor_operations.h"

namespace deepcache_gen {
namespace {

using torch::jit::Stack;

// Where the number of groups stands among a convolution's inputs; what comes before is the same in both.
constexpr std::size_t kGroups = 8, kGroupsOfAdd = 6;

// TorchScript takes one number for both sides.
std::vector<std::int64_t> both_sides(const c10::IValue& numbers) {
  std::vector<std::int64_t> sides = numbers.toIntVector();
  if (sides.size() == 1) sides.push_back(sides.front());
  return sides;
}

ConvolutionGeometry geometry_of(const ConstantInputs& inputs, std::size_t groups) {
  return {.stride = both_sides(inputs.value(3)),
          .padding = both_sides(inputs.value(4)),
          .dilation = both_sides(inputs.value(5)),
          .groups = inputs.value(groups).toInt()};
}

// A convolution of one pixel as a linear over the pixels.
class PixelLinear {
 public:
  PixelLinear(const WeightSource& weight, const std::optional<at::Tensor>& bias, const WeightConversion& weights)
      : outputs_(weight.outline().size(0)),
        linear_(weight.reshaped({outputs_, weight.outline().size(1)}), bias, weights) {}

  at::Tensor run(const at::Tensor& input) const { return as_channels(linear_.run(as_pixels(input))); }
  at::Tensor run_add(const at::Tensor& input, const at::Tensor& other) const {
    const bool fits = other.dim() == 4 && other.size(1) == outputs_ && other.size(2) == input.size(2);
    if (!fits) return run(input) + other;
    return as_channels(linear_.run_add(as_pixels(input), as_pixels(other)));
  }

 private:
  // [batch, channels, height, width] as [batch, height, width, channels] and back: no copy, images are channels-last.
  static at::Tensor as_pixels(const at::Tensor& images) { return images.permute({0, 2, 3, 1}); }
  static at::Tensor as_channels(const at::Tensor& pixels) { return pixels.permute({0, 3, 1, 2}); }

  std::int64_t outputs_;
  PackedLinear linear_;
};

// Where linears are run by oneDNN's inner product, a convolution of one pixel is better one too.
bool is_better_as_linear(const at::Tensor& weight, const ConvolutionGeometry& geometry,
                         const WeightConversion& weights) {
  const std::vector<std::int64_t> ones{1, 1}, zeros{0, 0};
  return weights.dtype() == at::kFloat && processor_has_avx512() && weight.size(2) == 1 && weight.size(3) == 1 &&
         geometry.stride == ones && geometry.padding == zeros && geometry.groups == 1;
}

// Hands the convolution, packed one way or the other, to `make`.
template <typename Make>
Operation with_best_convolution(const ConstantInputs& inputs, std::size_t groups, WeightConversion& weights,
                                const Make& make) {
  const WeightSource weight = inputs.weight();
  const std::optional<at::Tensor> bias = inputs.optional_tensor(2);
  const ConvolutionGeometry geometry = geometry_of(inputs, groups);
  if (is_better_as_linear(weight.outline(), geometry, weights)) {
    return make(std::make_shared<const PixelLinear>(weight, bias, weights));
  }
  return make(std::make_shared<const PackedConvolution>(weight, bias, geometry, weights));
}

}  // namespace

Operation lower_convolution(const ConstantInputs& inputs, WeightConversion& weights) {
  return with_best_convolution(inputs, kGroups, weights, [](auto convolution) { return run_with(convolution); });
}

Operation lower_convolution_add(const ConstantInputs& inputs, WeightConversion& weights) {
  return with_best_convolution(inputs, kGroupsOfAdd, weights, [](auto convolution) { return add_with(convolution); });
}

Operation lower_group_norm(const ConstantInputs& inputs, WeightConversion&) {
  const GroupNorm::Options options{
      .groups = inputs.value(2).toInt(), .epsilon = inputs.value(5).toDouble(), .silu = inputs.value(6).toBool()};
  return [norm = std::make_shared<const GroupNorm>(inputs.optional_tensor(3), inputs.optional_tensor(4), options)](
             Stack& stack) {
    const c10::IValue addend = torch::jit::pop(stack);
    stack.emplace_back(norm->run(pop_tensor(stack), addend.isNone() ? at::Tensor() : addend.toTensor()));
  };
}

}  // namespace deepcache_gen
