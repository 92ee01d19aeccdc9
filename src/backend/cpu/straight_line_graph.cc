#include "backend/cpu/straight_line_graph.h"

#include <ATen/ops/empty.h>
#include <torch/csrc/jit/ir/constants.h>
#include <torch/csrc/jit/passes/common_subexpression_elimination.h>
#include <torch/csrc/jit/passes/constant_propagation.h>
#include <torch/csrc/jit/passes/dead_code_elimination.h>
#include <torch/csrc/jit/passes/inliner.h>
#include <torch/csrc/jit/passes/lower_tuples.h>
#include <torch/csrc/jit/runtime/graph_executor.h>

#include <algorithm>
#include <map>
#include <vector>

namespace deepcache_gen {
namespace {

using torch::jit::Block;
using torch::jit::Graph;
using torch::jit::Node;
using torch::jit::Value;

// Puts constants in the place of the reads of a module's attributes.
class AttributeReader {
 public:
  AttributeReader(Graph& graph, const torch::jit::Module& module) : graph_(graph) {
    objects_.emplace(graph.inputs().at(0), module._ivalue());
    read(graph.block());
  }

  // Leaves the memory of every tensor that was read to the constants alone.
  void release_tensors() {
    for (auto& [address, read] : constants_) read.first.set_data(at::empty({0}, read.first.options()));
  }

 private:
  void read(Block* block) {
    for (Node* node : block->nodes()) {
      for (Block* inner : node->blocks()) read(inner);
      if (node->kind() == c10::prim::GetAttr && objects_.contains(node->input())) replace(*node);
    }
  }

  void replace(Node& read) {
    const c10::IValue value = objects_.at(read.input())->getAttr(read.s(c10::attr::name));
    if (value.isObject()) {
      objects_.emplace(read.output(), value.toObject());
    } else {
      read.output()->replaceAllUsesWith(value.isTensor() ? tensor_constant(value.toTensor()) : insert(value));
    }
  }

  Value* tensor_constant(const at::Tensor& tensor) {
    const auto [entry, is_new] = constants_.try_emplace(tensor.unsafeGetTensorImpl(), tensor, nullptr);
    if (is_new) entry->second.second = insert(tensor.detach());
    return entry->second.second;
  }

  Value* insert(const c10::IValue& value) {
    const torch::jit::WithInsertPoint start(*graph_.nodes().begin());
    return graph_.insertConstant(value);
  }

  Graph& graph_;
  std::map<const Value*, c10::intrusive_ptr<c10::ivalue::Object>> objects_;
  std::map<const at::TensorImpl*, std::pair<at::Tensor, Value*>> constants_;
};

// Then what is made on an input's device alone, as the frequencies of a timestep embedding are, is constant.
void replace_device_queries(Graph& graph) {
  const torch::jit::WithInsertPoint start(*graph.nodes().begin());
  Value* cpu = graph.insertConstant(at::Device(at::kCPU));
  for (Node* node : graph.nodes()) {
    if (node->kind() == c10::prim::device) node->output()->replaceAllUsesWith(cpu);
  }
}

bool has_control_flow(const Graph& graph) {
  const auto nodes = graph.nodes();
  return std::any_of(nodes.begin(), nodes.end(), [](const Node* node) { return !node->blocks().empty(); });
}

}  // namespace

std::shared_ptr<Graph> take_straight_line_graph(const torch::jit::Module& module) {
  // Only while LibTorch's optimiser is on does inlining see through every call.
  const torch::jit::GraphOptimizerEnabledGuard optimizer(true);
  std::shared_ptr<Graph> graph = module.get_method("forward").graph()->copy();
  torch::jit::Inline(*graph);
  torch::jit::LowerSimpleTuples(graph);
  AttributeReader attributes(*graph, module);
  replace_device_queries(*graph);
  torch::jit::ConstantPropagation(graph);
  torch::jit::EliminateCommonSubexpression(graph);
  torch::jit::EliminateDeadCode(graph);
  if (has_control_flow(*graph) || graph->inputs().at(0)->hasUses()) return nullptr;
  attributes.release_tensors();
  graph->eraseInput(0);
  return graph;
}

}  // namespace deepcache_gen
