#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "backend/module.h"
#include "backend/placement.h"

namespace deepcache_gen {

/// A file of exported modules. The modules it hands out share its weights and keep them alive.
class ModuleArchive {
 public:
  /// Loads `file` onto the device in the dtype of `placement`. Throws `Error` naming the file where it can't be read.
  ModuleArchive(const std::filesystem::path& file, const Placement& placement);
  ~ModuleArchive();

  /// The archive's own forward.
  std::unique_ptr<Module> whole() const;
  /// The submodule of that name. Throws `Error` where there is none.
  std::unique_ptr<Module> part(const std::string& name) const;
  /// The members of the submodule list of that name, in order. Throws `Error` where there is none.
  std::vector<std::unique_ptr<Module>> parts(const std::string& name) const;

 private:
  struct Loaded;
  std::shared_ptr<const Loaded> loaded_;
};

}  // namespace deepcache_gen
