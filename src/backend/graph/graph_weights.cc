#include "backend/graph/graph_weights.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <torch/csrc/jit/ir/constants.h>

#include <utility>

namespace deepcache_gen {
namespace {

// Attributes of a constant's node. The names come before its value in LibTorch's order, in which it compares nodes: so
// it need not read weights to tell them apart.
const c10::Symbol kNames = c10::attr::names;           // of one weight all, of rows the first of each part
const c10::Symbol kParts = c10::Symbol::attr("rows");  // tensors, where there are several

}  // namespace

void name_weight(torch::jit::Node& constant, std::vector<std::string> names) { constant.ss_(kNames, std::move(names)); }

void forget_names(torch::jit::Node& constant) {
  if (constant.hasAttribute(kNames)) constant.removeAttribute(kNames);
}

bool is_named_weight(const torch::jit::Value& value) {
  return value.node()->kind() == c10::prim::Constant && value.node()->hasAttribute(kNames);
}

torch::jit::Value* insert_rows(torch::jit::Graph& graph, const std::vector<const torch::jit::Value*>& weights) {
  std::vector<std::string> names;
  std::vector<at::Tensor> parts, shapes;
  for (const torch::jit::Value* weight : weights) {
    names.push_back(weight->node()->ss(kNames).front());
    parts.push_back(torch::jit::toIValue(weight)->toTensor());
    shapes.push_back(at::empty(parts.back().sizes(), parts.back().options().device(c10::kMeta)));
  }
  const at::Tensor shape = at::cat(shapes);
  torch::jit::Value* rows = graph.insertConstant(outline_of(shape.sizes(), shape.scalar_type()));
  rows->node()->ss_(kNames, std::move(names));
  rows->node()->ts_(kParts, std::move(parts));
  return rows;
}

WeightSource GraphWeights::source_of(const torch::jit::Value& constant) {
  const at::Tensor tensor = torch::jit::toIValue(&constant)->toTensor();
  if (!is_named_weight(constant)) return {tensor};
  const torch::jit::Node& node = *constant.node();
  const std::vector<std::string>& names = node.ss(kNames);
  std::vector<std::shared_ptr<const PatchableWeight>> weights;
  if (node.hasAttribute(kParts)) {
    const std::vector<at::Tensor>& parts = node.ts(kParts);
    for (std::size_t i = 0; i < parts.size(); ++i) weights.push_back(packed_.add(names[i], parts[i], file_));
  } else {
    const std::shared_ptr<PatchableWeight> weight = packed_.add(names.front(), tensor, file_);
    for (const std::string& name : names) packed_.add(name, weight);
    weights.push_back(weight);
  }
  return {std::move(weights), tensor};
}

void GraphWeights::exclude(const torch::jit::Value& value) {
  if (!is_named_weight(value)) return;
  for (const std::string& name : value.node()->ss(kNames)) excluded_.insert(name);
}

PatchableWeights GraphWeights::take_patchable() {
  for (const std::string& name : excluded_) packed_.remove(name);
  return std::move(packed_);
}

}  // namespace deepcache_gen
