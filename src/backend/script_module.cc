#include "backend/script_module.h"

#include <torch/csrc/jit/ir/ir.h>
#include <torch/csrc/jit/runtime/graph_executor.h>

#include <map>
#include <utility>

#include "backend/cuda_settings.h"
#include "backend/foreign_errors.h"
#include "backend/output_tensor.h"

namespace deepcache_gen {
namespace {

constexpr c10::MemoryFormat kChannelsLast = c10::MemoryFormat::ChannelsLast;

// Copied in any case: the numbers lie in a mapped file. LibTorch converts before it copies to another device, so that
// no room is needed there for the dtype of the file. Whole numbers (position ids) stay such.
at::Tensor copy_of(const at::Tensor& weight, const Placement& placement, bool channels_last) {
  const c10::ScalarType dtype = weight.is_floating_point() ? placement.dtype : weight.scalar_type();
  const bool is_kernel = channels_last && weight.dim() == 4;
  return weight.to(placement.device, dtype, false, /*copy=*/true,
                   is_kernel ? kChannelsLast : c10::MemoryFormat::Preserve);
}

// The copies of weights, by what each is a copy of: one that several submodules share is copied once. It keeps the
// originals, so that an address stays the same tensor's.
class Copies {
 public:
  Copies(const Placement& placement, bool channels_last) : placement_(placement), channels_last_(channels_last) {}

  at::Tensor of(const at::Tensor& weight) {
    const auto [entry, is_new] = copies_.try_emplace(weight.unsafeGetTensorImpl(), weight, at::Tensor());
    if (is_new) {
      const at::Tensor copy = entry->second.second = copy_of(weight, placement_, channels_last_);
      // A submodule that hangs in two places is visited twice.
      copies_.try_emplace(copy.unsafeGetTensorImpl(), copy, copy);
    }
    return entry->second.second;
  }

 private:
  Placement placement_;
  bool channels_last_;
  std::map<const at::TensorImpl*, std::pair<at::Tensor, at::Tensor>> copies_;
};

void copy_weights(const torch::jit::Module& module, const Placement& placement, bool channels_last) {
  Copies copies(placement, channels_last);
  for (torch::jit::Module part : module.modules()) {
    for (const auto& [name, value] : part.named_attributes(/*recurse=*/false)) {
      if (value.isTensor() && value.toTensor().defined()) part.setattr(name, copies.of(value.toTensor()));
    }
  }
}

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

class ScriptModule : public Module {
 public:
  ScriptModule(torch::jit::Module module, bool channels_last, std::string name)
      : module_(std::move(module)), channels_last_(channels_last), name_(std::move(name)) {}

  std::vector<at::Tensor> run(const std::vector<at::Tensor>& inputs) const override {
    // The profiling executor's first calls are several times slower and it gains nothing on traced rungs.
    const torch::jit::GraphOptimizerEnabledGuard unoptimized(false);
    return translate_errors(name_, [&] { return to_tensors(module_.forward(arranged(inputs))); });
  }

 private:
  std::vector<c10::IValue> arranged(const std::vector<at::Tensor>& inputs) const {
    std::vector<c10::IValue> values;
    for (const at::Tensor& input : inputs) {
      values.emplace_back(channels_last_ && input.dim() == 4 ? input.contiguous(kChannelsLast) : input);
    }
    return values;
  }

  mutable torch::jit::Module module_;  // forward() is not const in LibTorch
  bool channels_last_;
  std::string name_;
};

}  // namespace

std::unique_ptr<Module> interpret_module(torch::jit::Module module, const Placement& placement, std::string name) {
  const bool channels_last = convolves_on_tensor_cores(placement);
  copy_weights(module, placement, channels_last);
  if (!placement.device.is_cpu()) move_constants(module, placement.device);
  return std::make_unique<ScriptModule>(std::move(module), channels_last, std::move(name));
}

}  // namespace deepcache_gen
