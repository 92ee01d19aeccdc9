#include "backend/script_module.h"

#include <torch/csrc/jit/runtime/graph_executor.h>

#include "backend/cuda_settings.h"
#include "backend/foreign_errors.h"

namespace deepcache_gen {
namespace {

constexpr c10::MemoryFormat kChannelsLast = c10::MemoryFormat::ChannelsLast;

// Module::to would share what has the dtype already, and turn integer buffers (position ids) into floating-point ones.
void copy_weights(torch::jit::Module& module, c10::ScalarType dtype, bool channels_last) {
  const auto convert = [&](at::Tensor tensor) {
    const c10::ScalarType type = tensor.is_floating_point() ? dtype : tensor.scalar_type();
    const bool is_kernel = channels_last && tensor.dim() == 4;
    // Copied in any case: the numbers may lie in a mapped file.
    tensor.set_data(tensor.to(type, false, /*copy=*/true, is_kernel ? kChannelsLast : c10::MemoryFormat::Preserve));
  };
  for (const at::Tensor& parameter : module.parameters()) convert(parameter);
  for (const at::Tensor& buffer : module.buffers()) convert(buffer);
}

std::vector<at::Tensor> to_tensors(const c10::IValue& value) {
  if (value.isTensor()) return {value.toTensor()};
  std::vector<at::Tensor> tensors;
  for (const c10::IValue& element : value.toTupleRef().elements()) tensors.push_back(element.toTensor());
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
  copy_weights(module, placement.dtype, channels_last);
  return std::make_unique<ScriptModule>(std::move(module), channels_last, std::move(name));
}

}  // namespace deepcache_gen
