#include "backend/graph/merged_linears.h"

#include <ATen/ops/cat.h>
#include <torch/csrc/jit/ir/constants.h>

#include <map>
#include <optional>
#include <tuple>
#include <vector>

#include "backend/graph/graph_weights.h"

namespace deepcache_gen {
namespace {

using torch::jit::Graph;
using torch::jit::Node;
using torch::jit::Value;

std::optional<c10::IValue> constant(const Node& node, std::size_t input) {
  return torch::jit::toIValue(node.input(input));
}

bool fits(const c10::IValue& bias, const at::Tensor& weight) {
  return bias.isNone() || (bias.isTensor() && bias.toTensor().sizes() == weight.sizes().slice(0, 1));
}

bool is_constant_linear(const Node& node) {
  if (node.kind() != c10::aten::linear) return false;
  const auto weight = constant(node, 1), bias = constant(node, 2);
  return weight && bias && weight->isTensor() && weight->toTensor().dim() == 2 && fits(*bias, weight->toTensor()) &&
         node.input(1)->uses().size() == 1;
}

at::Tensor concatenated(const std::vector<Node*>& linears, std::size_t input) {
  std::vector<at::Tensor> tensors;
  for (const Node* linear : linears) tensors.push_back(constant(*linear, input)->toTensor());
  return at::cat(tensors);
}

Value* insert_weight(Graph& graph, const std::vector<Node*>& linears) {
  if (!is_named_weight(*linears.front()->input(1))) return graph.insertConstant(concatenated(linears, 1));
  std::vector<const Value*> weights;
  for (const Node* linear : linears) weights.push_back(linear->input(1));
  return insert_rows(graph, weights);
}

void replace_by_slice(Graph& graph, Value* product, Node& linear, std::int64_t begin, std::int64_t end) {
  Value* slice = graph.insert(c10::aten::slice, {product, -1, begin, end, 1});
  linear.output()->replaceAllUsesWith(slice);
}

void merge(Graph& graph, const std::vector<Node*>& linears) {
  Node& first = *linears.front();
  const torch::jit::WithInsertPoint here(&first);
  Value* weight = insert_weight(graph, linears);
  Value* bias = graph.insertConstant(constant(first, 2)->isNone() ? c10::IValue() : concatenated(linears, 2));
  Value* product = graph.insert(c10::aten::linear, {first.input(0), weight, bias});
  std::int64_t begin = 0;
  for (Node* linear : linears) {
    const std::int64_t end = begin + constant(*linear, 1)->toTensor().size(0);
    replace_by_slice(graph, product, *linear, begin, end);
    begin = end;
  }
  for (Node* linear : linears) {
    Node* old_weight = linear->input(1)->node();
    linear->destroy();
    old_weight->destroy();
  }
}

}  // namespace

void merge_linears(Graph& graph) {
  // By what they read, whether they have a bias, and whether their weight is one of the module's own; within a group in
  // the order of the graph.
  std::map<std::tuple<const Value*, bool, bool>, std::vector<Node*>> groups;
  for (Node* node : graph.nodes()) {
    if (!is_constant_linear(*node)) continue;
    groups[{node->input(0), constant(*node, 2)->isNone(), is_named_weight(*node->input(1))}].push_back(node);
  }
  for (const auto& [key, linears] : groups) {
    if (linears.size() > 1) merge(graph, linears);
  }
}

}  // namespace deepcache_gen
