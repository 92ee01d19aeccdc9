#include "backend/library/library_module.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/chunk.h>
#include <ATen/ops/convolution.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/group_norm.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/silu.h>

#include <utility>
#include <vector>

#include "backend/graph/graph_compiler.h"
#include "backend/graph/graph_rewriting.h"
#include "backend/graph/tensor_operations.h"
#include "backend/library/placed_weight.h"

namespace deepcache_gen {
namespace {

using torch::jit::Stack;

constexpr c10::MemoryFormat kByPixels = c10::MemoryFormat::ChannelsLast;
// Among the inputs of aten::_convolution.
constexpr std::size_t kTransposedInput = 6, kOutputPadding = 7, kGroupsInput = 8;

std::optional<at::Tensor> placed(const std::optional<at::Tensor>& numbers, const Placement& placement) {
  if (!numbers) return {};
  return numbers->to(placement.device, placement.dtype, false, /*copy=*/true);
}

// What the operations of a module are made with.
class LibraryLowerings {
 public:
  explicit LibraryLowerings(const LibraryTarget& target) : target_(target) {}

  std::vector<Lowering> rows() const {
    const auto by = [this](Operation (LibraryLowerings::*lower)(const ConstantInputs&) const) {
      return [this, lower](const ConstantInputs& inputs) { return (this->*lower)(inputs); };
    };
    const auto is_matrix = [](const ConstantInputs& inputs) { return inputs.tensor(1).dim() == 2; };
    const auto is_plain = [](const ConstantInputs& inputs) { return !inputs.value(kTransposedInput).toBool(); };
    return {{"aten::linear", {0}, by(&LibraryLowerings::linear), is_matrix},
            {"aten::_convolution", {0}, by(&LibraryLowerings::convolution), is_plain},
            {"deepcache_gen::group_norm", {0, 1}, by(&LibraryLowerings::group_norm)},
            {"deepcache_gen::geglu", {0}, by(&LibraryLowerings::geglu)}};
  }

 private:
  std::shared_ptr<const PlacedWeight> weight(const ConstantInputs& inputs) const {
    return std::make_shared<const PlacedWeight>(inputs.weight(), target_.placement, target_.channels_last, target_.file,
                                                target_.kept);
  }

  std::optional<at::Tensor> numbers(const ConstantInputs& inputs, std::size_t input) const {
    return placed(inputs.optional_tensor(input), target_.placement);
  }

  Operation linear(const ConstantInputs& inputs) const {
    return [weight = weight(inputs), bias = numbers(inputs, 2)](Stack& stack) {
      stack.emplace_back(at::linear(pop_tensor(stack), weight->numbers(), bias));
    };
  }

  Operation convolution(const ConstantInputs& inputs) const {
    return [weight = weight(inputs), bias = numbers(inputs, 2), stride = inputs.value(3).toIntVector(),
            padding = inputs.value(4).toIntVector(), dilation = inputs.value(5).toIntVector(),
            output_padding = inputs.value(kOutputPadding).toIntVector(),
            groups = inputs.value(kGroupsInput).toInt()](Stack& stack) {
      stack.emplace_back(at::convolution(pop_tensor(stack), weight->numbers(), bias, stride, padding, dilation,
                                         /*transposed=*/false, output_padding, groups));
    };
  }

  Operation group_norm(const ConstantInputs& inputs) const {
    GroupNormInputs norm{.input = {},
                         .addend = {},
                         .groups = inputs.value(2).toInt(),
                         .weight = numbers(inputs, 3).value_or(at::Tensor()),
                         .bias = numbers(inputs, 4).value_or(at::Tensor()),
                         .eps = inputs.value(5).toDouble(),
                         .silu = inputs.value(6).toBool()};
    return [norm, operators = target_.operators](Stack& stack) {
      GroupNormInputs now = norm;
      const c10::IValue addend = torch::jit::pop(stack);
      now.input = pop_tensor(stack);
      if (addend.isTensor()) now.addend = addend.toTensor();
      const bool fits = now.input.dim() == 4 && now.input.is_contiguous(kByPixels) && now.weight.defined() &&
                        now.bias.defined() && now.input.scalar_type() == now.weight.scalar_type();
      stack.emplace_back(operators && fits ? operators->group_norm(now) : by_library(now));
    };
  }

  static at::Tensor by_library(const GroupNormInputs& norm) {
    const auto given = [](const at::Tensor& numbers) {
      return numbers.defined() ? std::optional(numbers) : std::nullopt;
    };
    const at::Tensor sum = norm.addend.defined() ? norm.input + norm.addend : norm.input;
    const at::Tensor normal = at::group_norm(sum, norm.groups, given(norm.weight), given(norm.bias), norm.eps);
    return norm.silu ? at::silu(normal) : normal;
  }

  Operation geglu(const ConstantInputs& inputs) const {
    return [weight = weight(inputs), bias = numbers(inputs, 2), operators = target_.operators](Stack& stack) {
      const at::Tensor both = at::linear(pop_tensor(stack), weight->numbers(), bias);
      stack.emplace_back(operators ? operators->geglu(both) : gated(both));
    };
  }

  static at::Tensor gated(const at::Tensor& both) {
    const std::vector<at::Tensor> halves = both.chunk(2, -1);
    return halves.at(0) * at::gelu(halves.at(1), "none");
  }

  const LibraryTarget& target_;
};

}  // namespace

std::unique_ptr<Module> compile_by_library(const torch::jit::Module& module, const LibraryTarget& target,
                                           std::string name, std::optional<std::size_t> held_input) {
  LibraryTarget with_kept = target;
  if (!with_kept.kept) with_kept.kept = std::make_shared<KeptWeights>();
  const LibraryLowerings lowerings(with_kept);
  return compile_graph(module,
                       {fuse_for_every_device, {target.placement, lowerings.rows(), target.file}, target.channels_last},
                       std::move(name), held_input);
}

}  // namespace deepcache_gen
