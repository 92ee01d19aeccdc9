#include "backend/script_module.h"

#include <torch/csrc/jit/ir/ir.h>
#include <torch/csrc/jit/runtime/graph_executor.h>

#include <utility>

#include "backend/copied_weights.h"
#include "backend/cuda_settings.h"
#include "backend/foreign_errors.h"
#include "backend/output_tensor.h"

namespace deepcache_gen {
namespace {

constexpr c10::MemoryFormat kChannelsLast = c10::MemoryFormat::ChannelsLast;

void move_constants(torch::jit::Block& block, const c10::Device& device) {
  for (torch::jit::Node* node : block.nodes()) {
    for (torch::jit::Block* inner : node->blocks()) move_constants(*inner, device);
    const bool is_tensor = node->kind() == c10::prim::Constant && node->hasAttribute(c10::attr::value) &&
                           node->kindOf(c10::attr::value) == torch::jit::AttributeKind::t;
    if (is_tensor) node->t_(c10::attr::value, node->t(c10::attr::value).to(device));
  }
}

// Tensors that stand in the code itself.
void move_constants(const torch::jit::Module& module, const c10::Device& device) {
  for (const torch::jit::Module& part : module.modules()) {
    for (const torch::jit::Method& method : part.get_methods()) move_constants(*method.graph()->block(), device);
  }
}

std::vector<at::Tensor> to_tensors(const c10::IValue& value) {
  if (!value.isTuple()) return {output_tensor(value)};
  std::vector<at::Tensor> tensors;
  for (const c10::IValue& element : value.toTupleRef().elements()) tensors.push_back(output_tensor(element));
  return tensors;
}

class ScriptModule : public Module, public FollowingWeight {
 public:
  ScriptModule(torch::jit::Module module, CopiedWeights weights, bool channels_last, std::string name,
               std::shared_ptr<KeptWeights> kept)
      : FollowingWeight(std::move(kept)),
        module_(std::move(module)),
        weights_(std::move(weights)),
        channels_last_(channels_last),
        name_(std::move(name)) {}

  std::vector<at::Tensor> run(const std::vector<at::Tensor>& inputs) const override {
    // The profiling executor's first calls are several times slower and it gains nothing on traced rungs.
    const torch::jit::GraphOptimizerEnabledGuard unoptimized(false);
    return translate_errors(name_, [&] {
      weights_.follow();
      return to_tensors(module_.forward(arranged(inputs)));
    });
  }

  std::vector<std::string> patch(std::span<const NamedDelta> deltas) override {
    return translate_errors(name_, [&] { return weights_.patch(deltas); });
  }

  WeightSizes patchable_weights() const override { return weights_.patchable(); }

  void follow() const override { weights_.follow(); }

 private:
  std::vector<c10::IValue> arranged(const std::vector<at::Tensor>& inputs) const {
    std::vector<c10::IValue> values;
    for (const at::Tensor& input : inputs) {
      values.emplace_back(channels_last_ && input.dim() == 4 ? input.contiguous(kChannelsLast) : input);
    }
    return values;
  }

  mutable torch::jit::Module module_;  // forward() is not const in LibTorch
  mutable CopiedWeights weights_;      // patched at the next run
  bool channels_last_;
  std::string name_;
};

}  // namespace

std::unique_ptr<Module> interpret_module(torch::jit::Module module, const Placement& placement, std::string name,
                                         std::shared_ptr<const MappedFile> file, std::shared_ptr<KeptWeights> kept) {
  const bool channels_last = convolves_on_tensor_cores(placement);
  CopiedWeights weights(module, placement, channels_last, std::move(file));
  if (!placement.device.is_cpu()) move_constants(module, placement.device);
  return std::make_unique<ScriptModule>(std::move(module), std::move(weights), channels_last, std::move(name),
                                        kept ? std::move(kept) : std::make_shared<KeptWeights>());
}

}  // namespace deepcache_gen
