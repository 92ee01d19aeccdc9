#include "backend/script_module.h"

#include <torch/csrc/jit/runtime/graph_executor.h>

#include "backend/foreign_errors.h"

namespace deepcache_gen {
namespace {

// Module::to would share what has the dtype already, and turn integer buffers (position ids) into floating-point ones.
void copy_weights(torch::jit::Module& module, c10::ScalarType dtype) {
  const auto convert = [&](at::Tensor tensor) {
    // Copied in any case: the numbers may lie in a mapped file.
    tensor.set_data(tensor.to(tensor.is_floating_point() ? dtype : tensor.scalar_type(), false, /*copy=*/true));
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
  ScriptModule(torch::jit::Module module, std::string name) : module_(std::move(module)), name_(std::move(name)) {}

  std::vector<at::Tensor> run(const std::vector<at::Tensor>& inputs) const override {
    // The profiling executor's first calls are several times slower and it gains nothing on traced rungs.
    const torch::jit::GraphOptimizerEnabledGuard unoptimized(false);
    return translate_errors(name_, [&] { return to_tensors(module_.forward({inputs.begin(), inputs.end()})); });
  }

 private:
  mutable torch::jit::Module module_;  // forward() is not const in LibTorch
  std::string name_;
};

}  // namespace

std::unique_ptr<Module> interpret_module(torch::jit::Module module, c10::ScalarType dtype, std::string name) {
  copy_weights(module, dtype);
  return std::make_unique<ScriptModule>(std::move(module), std::move(name));
}

}  // namespace deepcache_gen
