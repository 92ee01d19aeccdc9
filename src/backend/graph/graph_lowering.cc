#include "backend/graph/graph_lowering.h"

#include <torch/csrc/jit/ir/constants.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "backend/graph/straight_line_graph.h"
#include "support/error.h"

namespace deepcache_gen {
namespace {

using torch::jit::Graph;
using torch::jit::Node;
using torch::jit::Stack;
using torch::jit::Value;

// Null where the node is run as it is, because some weight or setting is computed.
const Lowering* find_lowering(const std::vector<Lowering>& lowerings, const Node& node,
                              const ConstantInputs& constants) {
  const auto lowering = std::find_if(lowerings.begin(), lowerings.end(), [&](const Lowering& candidate) {
    return node.kind() == c10::Symbol::fromQualString(candidate.kind);
  });
  if (lowering == lowerings.end()) return nullptr;
  for (std::size_t i = 0; i < node.inputs().size(); ++i) {
    const bool is_read = std::find(lowering->read.begin(), lowering->read.end(), i) != lowering->read.end();
    if (!is_read && !constants.has(i)) return nullptr;
  }
  return lowering->applies(constants) ? &*lowering : nullptr;
}

Operation construct_list(const Node& node) {
  const c10::TypePtr type = node.output()->type()->expectRef<c10::ListType>().getElementType();
  return [type, count = node.inputs().size()](Stack& stack) {
    c10::impl::GenericList list(type);
    for (c10::IValue& element : torch::jit::last(stack, count).vec()) list.push_back(std::move(element));
    torch::jit::drop(stack, count);
    stack.emplace_back(std::move(list));
  };
}

Operation unpack_list(std::size_t count) {
  return [count](Stack& stack) {
    const c10::IValue list = torch::jit::pop(stack);
    const at::ArrayRef<c10::IValue> elements = list.toListRef();
    if (elements.size() != count) {
      throw Error("a list of " + std::to_string(elements.size()) + " is unpacked into " + std::to_string(count) +
                  "; export the model again");
    }
    stack.insert(stack.end(), elements.begin(), elements.end());
  };
}

// The traced shape need not be a view of an image that lies in memory channels-last.
void reshape(Stack& stack) {
  const std::vector<std::int64_t> sizes = torch::jit::pop(stack).toIntVector();
  stack.emplace_back(torch::jit::pop(stack).toTensor().reshape(sizes));
}

// Constants are shared from run to run, and what nobody reads is left out: nothing may write into a tensor. An operator
// with any number of arguments is told it by LibTorch's interpreter, which is not here.
void require_runnable(const Node& node) {
  const c10::FunctionSchema* schema = node.maybeSchema();
  if (!schema || (!schema->is_mutable() && !schema->is_vararg() && !schema->is_varret())) return;
  throw Error("its operator " + std::string(node.kind().toQualString()) +
              " can't be compiled, since it writes into a tensor or takes any number of arguments; export the model "
              "again");
}

// The operation of a node that is not lowered.
Operation interpreted(const Node& node) {
  if (node.kind() == c10::prim::ListConstruct) return construct_list(node);
  if (node.kind() == c10::prim::ListUnpack) return unpack_list(node.outputs().size());
  if (node.kind() == c10::aten::view && node.inputs().size() == 2 &&
      node.input(1)->type()->isSubtypeOf(*c10::ListType::ofInts())) {
    return reshape;
  }
  return node.getOperation();
}

// The operators and constants on which the graph's outputs depend.
std::set<const Node*> live_nodes(Graph& graph) {
  std::set<const Node*> live{graph.return_node()};
  for (Node* node : graph.nodes().reverse()) {
    for (const Value* output : node->outputs()) {
      for (const torch::jit::Use& use : output->uses()) {
        if (live.contains(use.user)) live.insert(node);
      }
    }
  }
  return live;
}

class GraphLowering {
 public:
  GraphLowering(Graph& graph, const LoweringTarget& target)
      : graph_(graph), target_(target), graph_weights_(target.file) {}

  LoweredGraph lower() {
    for (const Value* input : graph_.inputs()) registers_[input] = program_.add_input();
    const std::set<const Node*> live = live_nodes(graph_);
    const Node* tuple = returned_tuple();
    for (Node* node : graph_.nodes()) {
      require_runnable(*node);
      if (live.contains(node) && node->kind() != c10::prim::Constant && node != tuple) add(*node);
    }
    exclude_read(*graph_.return_node(), tuple ? tuple->inputs() : std::as_const(graph_).outputs());
    program_.finish(registers_of(tuple ? tuple->inputs() : std::as_const(graph_).outputs()));
    return {std::move(program_), graph_weights_.take_patchable()};
  }

 private:
  const Node* returned_tuple() const {
    const Node* node = graph_.outputs().size() == 1 ? graph_.outputs()[0]->node() : nullptr;
    return node && node->kind() == c10::prim::TupleConstruct ? node : nullptr;
  }

  void add(Node& node) {
    const ConstantInputs constants(node, graph_weights_);
    const Lowering* lowering = find_lowering(target_.lowerings, node, constants);
    if (!lowering) return add(node, interpreted(node), {node.inputs().begin(), node.inputs().end()});
    std::vector<const Value*> read;
    for (const std::size_t input : lowering->read) read.push_back(node.input(input));
    add(node, lowering->lower(constants), read);
    release_weight(node);
  }

  void add(const Node& node, Operation operation, const std::vector<const Value*>& inputs) {
    exclude_read(node, inputs);
    const auto outputs = program_.add(std::move(operation), registers_of(inputs), node.outputs().size());
    for (std::size_t i = 0; i < outputs.size(); ++i) registers_[node.outputs()[i]] = outputs[i];
  }

  // A weight that is not only packed would follow a patch in part; of one whose dtype is asked for, no number is read.
  void exclude_read(const Node& node, at::ArrayRef<const Value*> inputs) {
    for (const Value* input : inputs) {
      const bool is_dtype = node.kind() == c10::aten::type_as && input != node.input(0);
      if (!is_dtype) graph_weights_.exclude(*input);
    }
  }

  // The packed weight has replaced it.
  static void release_weight(Node& node) {
    Node* constant = node.inputs().size() > 1 ? node.input(1)->node() : nullptr;
    const bool is_weight = constant && constant->kind() == c10::prim::Constant && node.input(1)->uses().size() == 1;
    if (is_weight && constant->hasAttribute(c10::attr::value)) constant->removeAttribute(c10::attr::value);
  }

  std::vector<Program::Register> registers_of(at::ArrayRef<const Value*> values) {
    std::vector<Program::Register> registers;
    for (const Value* value : values) registers.push_back(register_of(value));
    return registers;
  }

  Program::Register register_of(const Value* value) {
    const auto known = registers_.find(value);
    if (known != registers_.end()) return known->second;
    return registers_[value] = program_.add_constant(placed(*value));
  }

  // What stands in the code was traced on the CPU. A single number does not decide an operator's dtype, and stays on
  // the CPU: shapes are computed of such, for which a device would have to be waited for. What was computed of numbers
  // alone has the dtype that the code says; all else that is floating-point decides.
  c10::IValue placed(const Value& value) const {
    const c10::IValue constant = torch::jit::toIValue(&value).value();
    if (constant.isDevice()) return target_.placement.device;
    if (!constant.isTensor()) return constant;
    const at::Tensor tensor = constant.toTensor();
    if (tensor.dim() == 0) return tensor.clone();
    const bool decides = tensor.is_floating_point() && !is_computed_of_numbers(value);
    const c10::ScalarType dtype = decides ? target_.placement.dtype : tensor.scalar_type();
    // Copied in any case: the numbers may lie in a mapped file.
    return tensor.to(target_.placement.device, dtype, false, /*copy=*/true);
  }

  Graph& graph_;
  const LoweringTarget& target_;
  GraphWeights graph_weights_;
  Program program_;
  std::map<const Value*, Program::Register> registers_;
};

}  // namespace

LoweredGraph lower_graph(Graph& graph, const LoweringTarget& target) { return GraphLowering(graph, target).lower(); }

}  // namespace deepcache_gen
