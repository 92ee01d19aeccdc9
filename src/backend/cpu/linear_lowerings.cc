#include <ATen/TensorOperators.h>

#include <memory>
#include <utility>
#include <vector>

#include "backend/cpu/geglu.h"
#include "backend/cpu/operands.h"
#include "backend/cpu/operator_lowerings.h"
#include "backend/cpu/packed_convolution.h"
#include "backend/cpu/packed_linear.h"
#include "backend/cpu/processor.h"
#include "backend/graph/refused_operand.h"
#include "backend/graph/tensor_operations.h"

namespace deepcache_gen {
namespace {

using torch::jit::Stack;

std::vector<std::int64_t> with_last(at::IntArrayRef sizes, std::int64_t last) {
  std::vector<std::int64_t> result = sizes.vec();
  result.back() = last;
  return result;
}

// The rows of a matrix, or of several, as one image of a pixel a row.
at::Tensor as_image(const at::Tensor& rows) { return rows.reshape({1, -1, 1, rows.size(-1)}).permute({0, 3, 1, 2}); }
at::Tensor as_rows(const at::Tensor& image, at::IntArrayRef sizes) {
  return image.permute({0, 2, 3, 1}).reshape(sizes);
}

// A linear as a convolution of one pixel.
class PixelConvolution {
 public:
  PixelConvolution(const WeightSource& weight, const std::optional<at::Tensor>& bias, const WeightConversion& weights)
      : outputs_(weight.outline().size(0)),
        inputs_(weight.outline().size(1)),
        dtype_(weights.dtype()),
        convolution_(weight.reshaped({outputs_, inputs_, 1, 1}), bias,
                     {.stride = {1, 1}, .padding = {0, 0}, .dilation = {1, 1}, .groups = 1}, weights) {}

  at::Tensor run(const at::Tensor& input) const {
    require_rows(input, dtype_, inputs_);
    return as_rows(convolution_.run(as_image(input)), with_last(input.sizes(), outputs_));
  }

  at::Tensor run_gelu(const at::Tensor& input) const {
    require_rows(input, dtype_, inputs_);
    return as_rows(convolution_.run_gelu(as_image(input)), with_last(input.sizes(), outputs_));
  }

  at::Tensor run_add(const at::Tensor& input, at::Tensor other) const {
    require_rows(input, dtype_, inputs_);
    const std::vector<std::int64_t> sizes = with_last(input.sizes(), outputs_);
    if (other.sizes() != sizes || !is_computable(other, dtype_)) return run(input) + other;
    at::Tensor sum = as_image(other);
    other.reset();  // or the convolution would see a second reference to the memory
    return as_rows(convolution_.run_add(as_image(input), std::move(sum)), sizes);
  }

 private:
  std::int64_t outputs_, inputs_;
  c10::ScalarType dtype_;
  PackedConvolution convolution_;
};

// [batch, channels, height, width] of [batch, height, width, channels].
at::Tensor channels_first(const at::Tensor& pixels) { return pixels.permute({0, 3, 1, 2}); }

template <typename Linear>
Operation add_image_with(std::shared_ptr<const Linear> linear) {
  return [linear = std::move(linear)](Stack& stack) {
    at::Tensor other = pop_tensor(stack);
    const std::vector<std::int64_t> sizes = torch::jit::pop(stack).toIntVector();
    const at::Tensor input = pop_tensor(stack);
    at::Tensor pixels = other.dim() == 4 ? other.permute({0, 2, 3, 1}) : other;
    if (input.dim() != 3 || pixels.dim() != 4 || pixels.sizes() != sizes) {
      stack.emplace_back(channels_first(linear->run(input).reshape(sizes)) + other);
      return;
    }
    other.reset();  // or the linear would see a second reference to the memory
    at::Tensor rows = pixels.reshape(with_last(input.sizes(), sizes.back()));
    pixels.reset();
    stack.emplace_back(channels_first(linear->run_add(input, std::move(rows)).reshape(sizes)));
  };
}

// Rows of more numbers than this make oneDNN's convolution of one pixel for AVX2 three times slower.
constexpr std::int64_t kLongRow = 4000;

enum class Sum { none, of_two };

bool is_better_as_convolution(const ConstantInputs& inputs, const WeightConversion& weights, Sum sum) {
  // Among oneDNN's operators only convolutions add in place.
  if (weights.dtype() == at::kBFloat16) return sum == Sum::of_two;
  // Its inner product knows no packed weights there.
  return !processor_has_avx512() && inputs.tensor(1).size(1) < kLongRow;
}

// Hands the linear, packed one way or the other, to `make`.
template <typename Make>
Operation with_best_linear(const ConstantInputs& inputs, WeightConversion& weights, Sum sum, const Make& make) {
  const WeightSource weight = inputs.weight();
  const std::optional<at::Tensor> bias = inputs.optional_tensor(2);
  if (is_better_as_convolution(inputs, weights, sum)) {
    return make(std::make_shared<const PixelConvolution>(weight, bias, weights));
  }
  return make(std::make_shared<const PackedLinear>(weight, bias, weights));
}

}  // namespace

Operation lower_linear(const ConstantInputs& inputs, WeightConversion& weights) {
  return with_best_linear(inputs, weights, Sum::none, [](auto linear) { return run_with(linear); });
}

Operation lower_linear_add(const ConstantInputs& inputs, WeightConversion& weights) {
  return with_best_linear(inputs, weights, Sum::of_two, [](auto linear) { return add_with(linear); });
}

Operation lower_linear_add_image(const ConstantInputs& inputs, WeightConversion& weights) {
  return with_best_linear(inputs, weights, Sum::of_two, [](auto linear) { return add_image_with(linear); });
}

Operation lower_linear_gelu(const ConstantInputs& inputs, WeightConversion& weights) {
  return with_best_linear(inputs, weights, Sum::none, [](auto linear) -> Operation {
    return [linear](Stack& stack) { stack.emplace_back(linear->run_gelu(pop_tensor(stack))); };
  });
}

Operation lower_geglu(const ConstantInputs& inputs, WeightConversion& weights) {
  if (inputs.tensor(1).size(0) % 2 != 0) refuse_operand("a GEGLU", "a weight of two halves", inputs.tensor(1));
  return with_best_linear(inputs, weights, Sum::none, [](auto linear) -> Operation {
    return [linear](Stack& stack) { stack.emplace_back(gate(linear->run(pop_tensor(stack)))); };
  });
}

}  // namespace deepcache_gen
