#include <ATen/TensorOperators.h>

#include <memory>
#include <utility>
#include <vector>

#include "backend/cpu/group_norm.h"
#include "backend/cpu/operator_lowerings.h"
#include "backend/cpu/packed_convolution.h"
#include "backend/cpu/packed_linear.h"
#include "backend/cpu/tensor_operations.h"

namespace deepcache_gen {
namespace {

using torch::jit::Stack;

// Where the number of groups stands among a convolution's inputs; what comes before is the same in both.
constexpr std::size_t kGroups = 8, kGroupsOfAdd = 6;

PackedConvolution::Geometry geometry_of(const ConstantInputs& inputs, std::size_t groups) {
  return {.stride = inputs.value(3).toIntVector(),
          .padding = inputs.value(4).toIntVector(),
          .dilation = inputs.value(5).toIntVector(),
          .groups = inputs.value(groups).toInt()};
}

// A convolution of one pixel as a linear over the pixels.
class PixelLinear {
 public:
  PixelLinear(const at::Tensor& weight, const std::optional<at::Tensor>& bias)
      : outputs_(weight.size(0)), linear_(weight.flatten(1), bias) {}

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

// In float32 the layout that oneDNN wants for a convolution of one pixel depends on the image's size, and another one
// makes it up to 30 times slower; that of a linear does not.
bool is_better_as_linear(const at::Tensor& weight, const PackedConvolution::Geometry& geometry) {
  const std::vector<std::int64_t> ones{1, 1}, zeros{0, 0};
  return weight.scalar_type() == at::kFloat && weight.size(2) == 1 && weight.size(3) == 1 && geometry.stride == ones &&
         geometry.padding == zeros && geometry.groups == 1;
}

}  // namespace

Operation lower_convolution(const ConstantInputs& inputs, WeightConversion& weights) {
  const at::Tensor weight = weights.convert(inputs.tensor(1));
  const std::optional<at::Tensor> bias = inputs.optional_tensor(2);
  const PackedConvolution::Geometry geometry = geometry_of(inputs, kGroups);
  if (is_better_as_linear(weight, geometry)) return run_with(std::make_shared<const PixelLinear>(weight, bias));
  return run_with(std::make_shared<const PackedConvolution>(weight, bias, geometry));
}

Operation lower_convolution_add(const ConstantInputs& inputs, WeightConversion& weights) {
  const at::Tensor weight = weights.convert(inputs.tensor(1));
  const std::optional<at::Tensor> bias = inputs.optional_tensor(2);
  const PackedConvolution::Geometry geometry = geometry_of(inputs, kGroupsOfAdd);
  if (is_better_as_linear(weight, geometry)) return add_with(std::make_shared<const PixelLinear>(weight, bias));
  return add_with(std::make_shared<const PackedConvolution>(weight, bias, geometry));
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
