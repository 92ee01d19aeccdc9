#include "support/user_folder.h"

#include <cstdlib>

namespace deepcache_gen {

std::optional<std::filesystem::path> user_folder(const char* variable, const std::filesystem::path& below_home) {
  const char* const xdg = std::getenv(variable);
  if (xdg != nullptr && *xdg == '/') return std::filesystem::path(xdg) / "deepcache-gen";
  const char* const home = std::getenv("HOME");
  if (home != nullptr && *home != '\0') return std::filesystem::path(home) / below_home / "deepcache-gen";
  return {};
}

}  // namespace deepcache_gen
