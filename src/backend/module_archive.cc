#include "backend/module_archive.h"

#include <torch/csrc/jit/runtime/graph_executor.h>
#include <torch/script.h>

#include "support/error.h"

namespace deepcache_gen {
namespace {

std::string first_line(const c10::Error& error) {
  const std::string text = error.what_without_backtrace();
  return text.substr(0, text.find('\n'));
}

// Module::to would also turn integer buffers (position ids) into floating-point ones.
void convert_floating_point(torch::jit::Module& module, c10::ScalarType dtype) {
  const auto convert = [&](at::Tensor tensor) {
    if (tensor.is_floating_point()) tensor.set_data(tensor.to(dtype));
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
    try {
      return to_tensors(module_.forward({inputs.begin(), inputs.end()}));
    } catch (const c10::Error& error) {
      throw Error(name_ + ": " + first_line(error));
    } catch (const std::runtime_error& error) {
      // The interpreter reports an operator's failure with a backtrace of the traced code; its last line says what.
      std::string text = error.what();
      text.erase(text.find_last_not_of('\n') + 1);
      throw Error(name_ + ": " + text.substr(text.rfind('\n') + 1));
    }
  }

 private:
  mutable torch::jit::Module module_;  // forward() is not const in LibTorch
  std::string name_;
};

}  // namespace

struct ModuleArchive::Loaded {
  std::string file;
  torch::jit::Module module;

  torch::jit::Module child(const std::string& name) const {
    if (!module.hasattr(name) || !module.attr(name).isModule()) {
      throw Error(file + ": has no module '" + name + "'; export the model again with scripts/export_model.py");
    }
    return module.attr(name).toModule();
  }
};

ModuleArchive::ModuleArchive(const std::filesystem::path& file, const Placement& placement) {
  // The profiling executor's first calls are several times slower and it gains nothing on traced rungs.
  torch::jit::setGraphExecutorOptimize(false);
  try {
    auto loaded = std::make_shared<Loaded>(Loaded{file.string(), torch::jit::load(file.string(), placement.device)});
    loaded->module.eval();
    convert_floating_point(loaded->module, placement.dtype);
    loaded_ = std::move(loaded);
  } catch (const c10::Error& error) {
    throw Error(file.string() + ": is not a TorchScript archive that can be read (" + first_line(error) +
                "); export the model again with scripts/export_model.py");
  }
}

ModuleArchive::~ModuleArchive() = default;

std::unique_ptr<Module> ModuleArchive::whole() const {
  return std::make_unique<ScriptModule>(loaded_->module, loaded_->file);
}

std::unique_ptr<Module> ModuleArchive::part(const std::string& name) const {
  return std::make_unique<ScriptModule>(loaded_->child(name), loaded_->file + ": " + name);
}

std::vector<std::unique_ptr<Module>> ModuleArchive::parts(const std::string& name) const {
  std::vector<std::unique_ptr<Module>> parts;
  for (const torch::jit::Module& child : loaded_->child(name).children()) {
    parts.push_back(
        std::make_unique<ScriptModule>(child, loaded_->file + ": " + name + "." + std::to_string(parts.size())));
  }
  return parts;
}

}  // namespace deepcache_gen
