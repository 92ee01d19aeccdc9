#pragma once

#include <ATen/core/Tensor.h>
#include <torch/csrc/jit/ir/constants.h>
#include <torch/csrc/jit/ir/ir.h>

#include <optional>

namespace deepcache_gen {

/// The inputs of a node that are known before it runs. `node` must outlive it.
class ConstantInputs {
 public:
  explicit ConstantInputs(const torch::jit::Node& node) : node_(node) {}

  /// Whether input number `input` is a constant; only then may it be asked for below.
  bool has(std::size_t input) const { return torch::jit::toIValue(node_.input(input)).has_value(); }
  c10::IValue value(std::size_t input) const { return torch::jit::toIValue(node_.input(input)).value(); }
  at::Tensor tensor(std::size_t input) const { return value(input).toTensor(); }
  std::optional<at::Tensor> optional_tensor(std::size_t input) const {
    const c10::IValue found = value(input);
    return found.isNone() ? std::nullopt : std::optional(found.toTensor());
  }

 private:
  const torch::jit::Node& node_;
};

}  // namespace deepcache_gen
