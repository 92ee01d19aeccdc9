#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "backend/kept_weights.h"
#include "backend/module.h"
#include "backend/placement.h"
#include "support/file_state.h"

namespace deepcache_gen {

/// A file of exported modules, made ready to run on a device in a dtype. A module keeps its weights alive, and may take
/// them over: ask for each once.
class ModuleArchive {
 public:
  /// Loads `file`, which is in the state `expected`, onto the device of `placement`. Runs nothing of it before all of
  /// it is known to be what may be run. Throws `Error` naming the file where it can't be read or is refused
  /// (backend/mapped_archive.h), and `OutOfMemory` where it, or later a part of it, does not fit there. `kept`: shared
  /// with other archives of a model that is patched.
  ModuleArchive(const std::filesystem::path& file, const Placement& placement,
                const std::optional<FileState>& expected = {}, std::shared_ptr<KeptWeights> kept = nullptr);
  ~ModuleArchive();

  /// The archive's own forward.
  std::unique_ptr<Module> whole() const;
  /// The submodule of that name. Throws `Error` where there is none.
  std::unique_ptr<Module> part(const std::string& name, std::optional<std::size_t> held_input = {}) const;
  /// The members of the submodule list of that name, in order. Throws `Error` where there is none. `held_input` is the
  /// position of an input that stays the same tensor for many runs; what depends on it alone need not be computed
  /// again.
  std::vector<std::unique_ptr<Module>> parts(const std::string& name, std::optional<std::size_t> held_input = {}) const;

 private:
  struct Loaded;
  static Loaded load(const std::filesystem::path& file, const Placement& placement,
                     const std::optional<FileState>& expected, std::shared_ptr<KeptWeights> kept);
  std::shared_ptr<Loaded> loaded_;
};

}  // namespace deepcache_gen
