#include "backend/cpu/compiled_module.h"

#include <cstddef>
#include <vector>

#include "backend/cpu/fusions.h"
#include "backend/cpu/operator_lowerings.h"
#include "backend/cpu/processor.h"
#include "backend/graph/graph_compiler.h"

namespace deepcache_gen {
namespace {

constexpr std::size_t kTransposed = 6;  // among the inputs of aten::_convolution
// Among those of aten::scaled_dot_product_attention.
constexpr std::size_t kMask = 3, kDropout = 4, kCausal = 5, kGrouped = 7;

bool has_matrix(const ConstantInputs& inputs) { return inputs.tensor(1).dim() == 2; }
bool has_kernel(const ConstantInputs& inputs) { return inputs.tensor(1).dim() == 4; }
bool is_plain_convolution(const ConstantInputs& inputs) {
  return has_kernel(inputs) && !inputs.value(kTransposed).toBool();
}
bool is_plain_attention(const ConstantInputs& inputs) {
  return inputs.value(kMask).isNone() && inputs.value(kDropout).toDouble() == 0 && !inputs.value(kCausal).toBool() &&
         !inputs.value(kGrouped).toBool();
}

// How the CPU runs what it has packed weights or kernels of its own for. `weights` must outlive the lowering.
std::vector<Lowering> lowerings_for_cpu(WeightConversion& weights) {
  const auto by = [&weights](OperatorLowering lower) {
    return [&weights, lower](const ConstantInputs& inputs) { return lower(inputs, weights); };
  };
  return {
      {"aten::linear", {0}, by(lower_linear), has_matrix},
      {"aten::_convolution", {0}, by(lower_convolution), is_plain_convolution},
      {"aten::scaled_dot_product_attention", {0, 1, 2}, by(lower_attention), is_plain_attention},
      {"deepcache_gen::linear_add", {0, 3}, by(lower_linear_add)},
      {"deepcache_gen::linear_add_image", {0, 3, 4}, by(lower_linear_add_image)},
      {"deepcache_gen::linear_gelu", {0}, by(lower_linear_gelu)},
      {"deepcache_gen::geglu", {0}, by(lower_geglu)},
      {"deepcache_gen::convolution_add", {0, 7}, by(lower_convolution_add)},
      {"deepcache_gen::group_norm", {0, 1}, by(lower_group_norm)},
  };
}

}  // namespace

bool can_compile(const Placement& placement) {
  const bool dtype = placement.dtype == c10::ScalarType::Float ||
                     (placement.dtype == c10::ScalarType::BFloat16 && processor_has_bfloat16());
  return placement.device.is_cpu() && dtype;
}

std::unique_ptr<Module> compile_module(const torch::jit::Module& module, WeightConversion& weights, std::string name,
                                       std::optional<std::size_t> held_input) {
  const CompilationTarget target{
      fuse_operators, {{c10::kCPU, weights.dtype()}, lowerings_for_cpu(weights), weights.file()}, true};
  return compile_graph(module, target, std::move(name), held_input);
}

}  // namespace deepcache_gen
