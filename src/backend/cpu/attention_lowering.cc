#include "backend/cpu/attention.h"
#include "backend/cpu/operator_lowerings.h"
#include "backend/graph/tensor_operations.h"

namespace deepcache_gen {

Operation lower_attention(const ConstantInputs& inputs, WeightConversion&) {
  return [scale = inputs.value(6).toOptional<double>()](torch::jit::Stack& stack) {
    const at::Tensor value = pop_tensor(stack), key = pop_tensor(stack), query = pop_tensor(stack);
    stack.emplace_back(attend(query, key, value, scale));
  };
}

}  // namespace deepcache_gen
