#include "backend/graph/straight_line_graph.h"

#include <ATen/ops/empty.h>
#include <torch/csrc/jit/ir/constants.h>
#include <torch/csrc/jit/passes/common_subexpression_elimination.h>
#include <torch/csrc/jit/passes/constant_propagation.h>
#include <torch/csrc/jit/passes/dead_code_elimination.h>
#include <torch/csrc/jit/passes/lower_tuples.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "backend/graph/graph_weights.h"

namespace deepcache_gen {
namespace {

using torch::jit::Block;
using torch::jit::Graph;
using torch::jit::Node;
using torch::jit::Value;

// LibTorch's own inlining optimises what it puts in, at every depth of the calls again.
void inline_calls(Block& block) {
  auto node = block.nodes().begin();
  while (node != block.nodes().end()) {
    if (node->kind() == c10::prim::CallMethod) {
      Node* const call = *node;
      Node* const before = call->prev();
      torch::jit::GraphFunction& called = called_by(*call);
      torch::jit::inlineCallTo(call, &called, called.graph().get());
      node = torch::jit::graph_node_list_iterator(before->next(), torch::jit::kNextDirection);
    } else {
      for (Block* inner : node->blocks()) inline_calls(*inner);
      ++node;
    }
  }
}

// Puts constants in the place of the reads of a module's attributes.
class AttributeReader {
 public:
  AttributeReader(Graph& graph, const torch::jit::Module& module) : graph_(graph) {
    objects_.emplace(graph.inputs().at(0), Part{module._ivalue(), ""});
    read(graph.block());
    for (const auto& [address, weight] : constants_) {
      if (weight.tensor.dim() >= kLeastDimensions) name_weight(*weight.constant->node(), weight.names);
    }
  }

  // Leaves the memory of every tensor that was read to the constants alone.
  void release_tensors() {
    for (auto& [address, weight] : constants_) weight.tensor.set_data(at::empty({0}, weight.tensor.options()));
  }

 private:
  // Those of linears and convolutions. Biases stay nameless: equal ones may be one.
  static constexpr std::int64_t kLeastDimensions = 2;

  struct Part {
    c10::intrusive_ptr<c10::ivalue::Object> object;
    std::string prefix;  // of the names of its attributes
  };
  struct Weight {
    at::Tensor tensor;  // keeps its address from being another tensor's
    Value* constant;
    std::vector<std::string> names;
  };

  void read(Block* block) {
    for (Node* node : block->nodes()) {
      for (Block* inner : node->blocks()) read(inner);
      if (node->kind() == c10::prim::GetAttr && objects_.contains(node->input())) replace(*node);
    }
  }

  void replace(Node& read) {
    const Part& part = objects_.at(read.input());
    const std::string name = part.prefix + read.s(c10::attr::name);
    const c10::IValue value = part.object->getAttr(read.s(c10::attr::name));
    if (value.isObject()) {
      objects_.emplace(read.output(), Part{value.toObject(), name + "."});
    } else {
      read.output()->replaceAllUsesWith(value.isTensor() ? tensor_constant(value.toTensor(), name) : insert(value));
    }
  }

  Value* tensor_constant(const at::Tensor& tensor, const std::string& name) {
    const auto [entry, is_new] = constants_.try_emplace(tensor.unsafeGetTensorImpl(), Weight{tensor, nullptr, {}});
    Weight& weight = entry->second;
    if (is_new) weight.constant = insert(tensor.detach());
    const bool is_known = std::find(weight.names.begin(), weight.names.end(), name) != weight.names.end();
    if (!is_known) weight.names.push_back(name);
    return weight.constant;
  }

  Value* insert(const c10::IValue& value) {
    const torch::jit::WithInsertPoint start(*graph_.nodes().begin());
    return graph_.insertConstant(value);
  }

  Graph& graph_;
  std::map<const Value*, Part> objects_;
  std::map<const at::TensorImpl*, Weight> constants_;
};

// Takes their names from the weights that constant propagation may compute something of, since that would not follow a
// patch.
class FoldedWeights {
 public:
  explicit FoldedWeights(Graph& graph) { visit(*graph.block(), /*is_outermost=*/true); }

 private:
  void visit(Block& block, bool is_outermost) {
    for (Node* node : block.nodes()) {
      for (Block* inner : node->blocks()) visit(*inner, false);
      bool is_known = are_known(node->inputs());
      for (Block* inner : node->blocks()) is_known = is_known && are_known(inner->outputs());
      if (is_known) known_.insert(node->outputs().begin(), node->outputs().end());
      if (is_known || !node->blocks().empty()) forget(node->inputs());
    }
    if (!is_outermost) forget(block.outputs());  // which may be what a branch that is always taken returns
  }

  bool are_known(at::ArrayRef<Value*> values) const {
    return std::all_of(values.begin(), values.end(), [&](const Value* value) { return known_.contains(value); });
  }

  static void forget(at::ArrayRef<Value*> weights) {
    for (Value* weight : weights) forget_names(*weight->node());
  }

  std::set<const Value*> known_;
};

// Then what is made on an input's device alone, as the frequencies of a timestep embedding are, is constant.
void replace_device_queries(Graph& graph) {
  const torch::jit::WithInsertPoint start(*graph.nodes().begin());
  Value* cpu = graph.insertConstant(at::Device(at::kCPU));
  for (Node* node : graph.nodes()) {
    if (node->kind() == c10::prim::device) node->output()->replaceAllUsesWith(cpu);
  }
}

// A size is a tensor for a moment in what was traced.
void skip_tensors_of_numbers(Graph& graph) {
  for (Node* node : graph.nodes()) {
    if (node->kind() != c10::aten::Int) continue;
    Node* const made_by = node->input()->node();
    if (made_by->kind() == c10::prim::NumToTensor && made_by->input()->type()->isSubtypeOf(*c10::IntType::get())) {
      node->output()->replaceAllUsesWith(made_by->input());
    }
  }
}

const c10::Symbol kComputed = c10::Symbol::attr("computed");

bool is_number(const Value& value) {
  const std::optional<c10::IValue> constant = torch::jit::toIValue(&value);
  return constant && (!constant->isTensor() || is_computed_of_numbers(value));
}

bool is_made_of_numbers(const Node& node) {
  const c10::FunctionSchema* schema = node.maybeSchema();
  const auto inputs = node.inputs();
  return schema && !schema->is_mutable() && node.outputs().size() == 1 && node.blocks().empty() &&
         std::all_of(inputs.begin(), inputs.end(), [](const Value* input) { return is_number(*input); });
}

// As constant propagation does it, but so that one knows afterwards what was computed.
void compute_of_numbers(Graph& graph) {
  for (Node* node : graph.nodes()) {
    if (node->kind() == c10::prim::Constant || !is_made_of_numbers(*node)) continue;
    const std::optional<torch::jit::Stack> made = torch::jit::runNodeIfInputsAreConstant(node);
    if (!made || made->size() != 1) continue;
    const torch::jit::WithInsertPoint before(node);
    const std::optional<Value*> constant = torch::jit::tryInsertConstant(graph, made->front());
    if (!constant) continue;
    if (made->front().isTensor()) (*constant)->node()->i_(kComputed, 1);
    node->output()->replaceAllUsesWith(*constant);
  }
}

bool has_control_flow(const Graph& graph) {
  const auto nodes = graph.nodes();
  return std::any_of(nodes.begin(), nodes.end(), [](const Node* node) { return !node->blocks().empty(); });
}

}  // namespace

torch::jit::GraphFunction& called_by(const Node& call) {
  return torch::jit::toGraphFunction(
      call.input(0)->type()->expectRef<c10::ClassType>().getMethod(call.s(c10::attr::name)));
}

bool is_computed_of_numbers(const Value& constant) {
  return constant.node()->kind() == c10::prim::Constant && constant.node()->hasAttribute(kComputed);
}

std::shared_ptr<Graph> take_straight_line_graph(const torch::jit::Module& module) {
  std::shared_ptr<Graph> graph = module.get_method("forward").graph()->copy();
  inline_calls(*graph->block());
  torch::jit::LowerSimpleTuples(graph->block());
  AttributeReader attributes(*graph, module);
  replace_device_queries(*graph);
  skip_tensors_of_numbers(*graph);
  compute_of_numbers(*graph);
  FoldedWeights{*graph};
  torch::jit::ConstantPropagation(graph);
  torch::jit::EliminateCommonSubexpression(graph);
  torch::jit::EliminateDeadCode(graph->block());
  if (has_control_flow(*graph) || graph->inputs().at(0)->hasUses()) return nullptr;
  attributes.release_tensors();
  graph->eraseInput(0);
  return graph;
}

}  // namespace deepcache_gen
