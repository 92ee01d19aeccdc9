#include "backend/module_archive.h"

#include "backend/cpu/compiled_module.h"
#include "backend/cuda_plugin.h"
#include "backend/cuda_settings.h"
#include "backend/foreign_errors.h"
#include "backend/free_memory.h"
#include "backend/library/library_module.h"
#include "backend/mapped_archive.h"
#include "backend/memory_advice.h"
#include "backend/script_module.h"
#include "support/error.h"

namespace deepcache_gen {
namespace {

// Returns what `body`, which brings weights of the file onto the device, returns.
template <typename Body>
auto with_room_for(const std::filesystem::path& file, const Placement& placement, Body body) {
  try {
    return body();
  } catch (const std::exception& error) {
    if (!tells_out_of_memory(error)) throw;
    release_kept_memory(placement.device);
    throw OutOfMemory(does_not_fit_message(file, placement, device_memory(placement.device)));
  }
}

}  // namespace

struct ModuleArchive::Loaded {
  std::string file;
  Placement placement;
  torch::jit::Module module;
  WeightConversion conversion;

  torch::jit::Module child(const std::string& name) const {
    if (!module.hasattr(name) || !module.attr(name).isModule()) {
      throw Error(file + ": has no module '" + name + "'; export the model again with deepcache-gen export");
    }
    return module.attr(name).toModule();
  }

  std::unique_ptr<Module> make(const torch::jit::Module& part, const std::string& part_name,
                               std::optional<std::size_t> held_input) {
    return translate_foreign_errors(part_name, [&] {
      std::unique_ptr<Module> made =
          with_room_for(file, placement, [&] { return run_by(part, part_name, held_input); });
      conversion.finish_reading();
      return made;
    });
  }

 private:
  std::unique_ptr<Module> run_by(const torch::jit::Module& part, const std::string& part_name,
                                 std::optional<std::size_t> held_input) {
    std::unique_ptr<Module> compiled = can_compile(placement)
                                           ? compile_module(part, conversion, part_name, held_input)
                                           : compile_by_library(part, library_target(), part_name, held_input);
    return compiled ? std::move(compiled)
                    : interpret_module(part, placement, part_name, conversion.file(), conversion.kept());
  }

  LibraryTarget library_target() const {
    const CudaPlugin* plugin = placement.device.is_cuda() ? cuda_plugin() : nullptr;
    return {placement, convolves_on_tensor_cores(placement), plugin ? &plugin->operators() : nullptr, conversion.file(),
            conversion.kept()};
  }
};

ModuleArchive::Loaded ModuleArchive::load(const std::filesystem::path& file, const Placement& placement,
                                          const std::optional<FileState>& expected, std::shared_ptr<KeptWeights> kept) {
  MappedArchive archive = map_archive(file, expected);
  archive.module.eval();
  return {file.string(), placement, std::move(archive.module),
          WeightConversion(placement.dtype, std::move(archive.file), std::move(kept))};
}

ModuleArchive::ModuleArchive(const std::filesystem::path& file, const Placement& placement,
                             const std::optional<FileState>& expected, std::shared_ptr<KeptWeights> kept)
    : loaded_(with_room_for(file, placement,
                            [&] { return std::make_shared<Loaded>(load(file, placement, expected, kept)); })) {}

ModuleArchive::~ModuleArchive() = default;

std::unique_ptr<Module> ModuleArchive::whole() const { return loaded_->make(loaded_->module, loaded_->file, {}); }

std::unique_ptr<Module> ModuleArchive::part(const std::string& name, std::optional<std::size_t> held_input) const {
  return loaded_->make(loaded_->child(name), loaded_->file + ": " + name, held_input);
}

std::vector<std::unique_ptr<Module>> ModuleArchive::parts(const std::string& name,
                                                          std::optional<std::size_t> held_input) const {
  std::vector<std::unique_ptr<Module>> parts;
  for (const torch::jit::Module& child : loaded_->child(name).children()) {
    const std::string part_name = loaded_->file + ": " + name + "." + std::to_string(parts.size());
    parts.push_back(loaded_->make(child, part_name, held_input));
  }
  return parts;
}

}  // namespace deepcache_gen
