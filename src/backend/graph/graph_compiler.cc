#include "backend/graph/graph_compiler.h"

#include <torch/csrc/jit/ir/constants.h>

#include "backend/foreign_errors.h"
#include "backend/graph/merged_linears.h"
#include "backend/graph/refused_operand.h"
#include "backend/graph/straight_line_graph.h"
#include "backend/output_tensor.h"

namespace deepcache_gen {
namespace {

void require_storable_constants(torch::jit::Graph& graph) {
  for (torch::jit::Node* node : graph.nodes()) {
    if (node->kind() != c10::prim::Constant) continue;
    const std::optional<c10::IValue> constant = torch::jit::toIValue(node->output());
    if (constant && constant->isTensor()) require_storable(constant->toTensor());
  }
}

class CompiledModule : public Module {
 public:
  CompiledModule(LoweredGraph graph, bool channels_last, std::string name)
      : program_(std::move(graph.program)),
        weights_(std::move(graph.weights)),
        channels_last_(channels_last),
        name_(std::move(name)) {}

  std::vector<at::Tensor> run(const std::vector<at::Tensor>& inputs) const override {
    return translate_errors(name_, [&] {
      std::vector<at::Tensor> arguments, outputs;
      for (const at::Tensor& input : inputs) arguments.push_back(arranged(input));
      for (const c10::IValue& output : program_.run(arguments)) outputs.push_back(output_tensor(output));
      return outputs;
    });
  }

  std::vector<std::string> patch(std::span<const NamedDelta> deltas) override {
    return translate_errors(name_, [&] {
      std::vector<std::string> unknown = weights_.patch(deltas);
      if (unknown.size() < deltas.size()) program_.forget_held();
      return unknown;
    });
  }

  WeightSizes patchable_weights() const override { return weights_.sizes(); }

  void reread_held(const at::Tensor& input) const override {
    translate_errors(name_, [&] { program_.reread_held(input); });
  }

 private:
  at::Tensor arranged(const at::Tensor& input) const {
    return channels_last_ && input.dim() == 4 ? input.contiguous(c10::MemoryFormat::ChannelsLast) : input;
  }

  mutable Program program_;  // its registers hold values only during a run, or for as long as the held input lives
  PatchableWeights weights_;
  bool channels_last_;
  std::string name_;
};

}  // namespace

std::unique_ptr<Module> compile_graph(const torch::jit::Module& module, const CompilationTarget& target,
                                      std::string name, std::optional<std::size_t> held_input) {
  return translate_errors(name, [&]() -> std::unique_ptr<Module> {
    std::shared_ptr<torch::jit::Graph> graph = take_straight_line_graph(module);
    if (!graph) return nullptr;
    require_storable_constants(*graph);
    merge_linears(*graph);
    target.fuse(graph);
    LoweredGraph lowered = lower_graph(*graph, target.lowering);
    if (held_input) lowered.program.hold_input(*held_input);
    return std::make_unique<CompiledModule>(std::move(lowered), target.channels_last, name);
  });
}

}  // namespace deepcache_gen
