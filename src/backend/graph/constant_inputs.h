#pragma once

#include <ATen/core/Tensor.h>
#include <torch/csrc/jit/ir/constants.h>
#include <torch/csrc/jit/ir/ir.h>

#include <optional>

#include "backend/graph/graph_weights.h"

namespace deepcache_gen {

/// The inputs of a node that are known before it runs. `node` must outlive it.
class ConstantInputs {
 public:
  /// `weights`: where the node's weight is among them, if it is.
  ConstantInputs(const torch::jit::Node& node, GraphWeights& weights) : node_(node), weights_(weights) {}

  /// Whether input number `input` is a constant; only then may it be asked for below.
  bool has(std::size_t input) const { return torch::jit::toIValue(node_.input(input)).has_value(); }
  c10::IValue value(std::size_t input) const { return torch::jit::toIValue(node_.input(input)).value(); }
  at::Tensor tensor(std::size_t input) const { return value(input).toTensor(); }
  /// Input number 1 as what is packed; as a tensor it may have no numbers.
  WeightSource weight() const { return weights_.source_of(*node_.input(1)); }
  std::optional<at::Tensor> optional_tensor(std::size_t input) const {
    const c10::IValue found = value(input);
    return found.isNone() ? std::nullopt : std::optional(found.toTensor());
  }

 private:
  const torch::jit::Node& node_;
  GraphWeights& weights_;
};

}  // namespace deepcache_gen
