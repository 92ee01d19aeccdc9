#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <utility>

#include "backend/graph/program.h"

namespace deepcache_gen {

inline at::Tensor pop_tensor(torch::jit::Stack& stack) { return torch::jit::pop(stack).toTensor(); }

/// (input) -> operator->run(input).
template <typename Operator>
Operation run_with(std::shared_ptr<const Operator> op) {
  return [op = std::move(op)](torch::jit::Stack& stack) { stack.emplace_back(op->run(pop_tensor(stack))); };
}

/// (input, other) -> operator->run_add(input, other), which is handed `other` as the stack held it.
template <typename Operator>
Operation add_with(std::shared_ptr<const Operator> op) {
  return [op = std::move(op)](torch::jit::Stack& stack) {
    at::Tensor other = pop_tensor(stack);
    const at::Tensor input = pop_tensor(stack);
    stack.emplace_back(op->run_add(input, std::move(other)));
  };
}

}  // namespace deepcache_gen
