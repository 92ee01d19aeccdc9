#include "backend/cpu/compiled_module.h"

#include "backend/cpu/fusions.h"
#include "backend/cpu/lowerings.h"
#include "backend/cpu/processor.h"
#include "backend/graph/graph_compiler.h"

namespace deepcache_gen {

bool can_compile(const Placement& placement) {
  const bool dtype = placement.dtype == c10::ScalarType::Float ||
                     (placement.dtype == c10::ScalarType::BFloat16 && processor_has_bfloat16());
  return placement.device.is_cpu() && dtype;
}

std::unique_ptr<Module> compile_module(const torch::jit::Module& module, WeightConversion& weights, std::string name,
                                       std::optional<std::size_t> held_input) {
  const CompilationTarget target{
      fuse_operators, {{c10::kCPU, weights.dtype()}, lowerings_for_cpu(weights), weights.file()}, true};
  return compile_graph(module, target, std::move(name), held_input);
}

}  // namespace deepcache_gen
