#include "backend/cpu/compiled_module.h"

#include <torch/csrc/jit/ir/constants.h>

#include "backend/cpu/fusions.h"
#include "backend/cpu/lowering.h"
#include "backend/cpu/merged_linears.h"
#include "backend/cpu/operands.h"
#include "backend/cpu/processor.h"
#include "backend/cpu/straight_line_graph.h"
#include "backend/foreign_errors.h"
#include "backend/output_tensor.h"

namespace deepcache_gen {
namespace {

at::Tensor channels_last(const at::Tensor& tensor) {
  return tensor.dim() == 4 ? tensor.contiguous(c10::MemoryFormat::ChannelsLast) : tensor;
}

void require_storable_constants(torch::jit::Graph& graph) {
  for (torch::jit::Node* node : graph.nodes()) {
    if (node->kind() != c10::prim::Constant) continue;
    const std::optional<c10::IValue> constant = torch::jit::toIValue(node->output());
    if (constant && constant->isTensor()) require_storable(constant->toTensor());
  }
}

class CompiledModule : public Module {
 public:
  CompiledModule(LoweredGraph graph, std::string name)
      : program_(std::move(graph.program)), weights_(std::move(graph.weights)), name_(std::move(name)) {}

  std::vector<at::Tensor> run(const std::vector<at::Tensor>& inputs) const override {
    return translate_errors(name_, [&] {
      std::vector<at::Tensor> arguments, outputs;
      for (const at::Tensor& input : inputs) arguments.push_back(channels_last(input));
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

 private:
  mutable Program program_;  // its registers hold values only during a run, or for as long as the held input lives
  PatchableWeights weights_;
  std::string name_;
};

}  // namespace

bool can_compile(const Placement& placement) {
  const bool dtype = placement.dtype == c10::ScalarType::Float ||
                     (placement.dtype == c10::ScalarType::BFloat16 && processor_has_bfloat16());
  return placement.device.is_cpu() && dtype;
}

std::unique_ptr<Module> compile_module(const torch::jit::Module& module, WeightConversion& weights, std::string name,
                                       std::optional<std::size_t> held_input) {
  return translate_errors(name, [&]() -> std::unique_ptr<Module> {
    std::shared_ptr<torch::jit::Graph> graph = take_straight_line_graph(module);
    if (!graph) return nullptr;
    require_storable_constants(*graph);
    merge_linears(*graph);
    fuse_operators(graph);
    LoweredGraph lowered = lower_graph(*graph, weights);
    if (held_input) lowered.program.hold_input(*held_input);
    return std::make_unique<CompiledModule>(std::move(lowered), name);
  });
}

}  // namespace deepcache_gen
