#include "backend/cpu/attention.h"
#include "backend/cpu/operator_lowerings.h"
#include "backend/cpu/tensor_operations.h"

namespace deepcache_gen {
namespace {

// Among the inputs of aten::scaled_dot_product_attention.
constexpr std::size_t kMask = 3, kDropout = 4, kCausal = 5, kScale = 6, kGrouped = 7;

}  // namespace

bool is_plain_attention(const ConstantInputs& inputs) {
  return inputs.value(kMask).isNone() && inputs.value(kDropout).toDouble() == 0 && !inputs.value(kCausal).toBool() &&
         !inputs.value(kGrouped).toBool();
}

Operation lower_attention(const ConstantInputs& inputs, WeightConversion&) {
  return [scale = inputs.value(kScale).toOptional<double>()](torch::jit::Stack& stack) {
    const at::Tensor value = pop_tensor(stack), key = pop_tensor(stack), query = pop_tensor(stack);
    stack.emplace_back(attend(query, key, value, scale));
  };
}

}  // namespace deepcache_gen
