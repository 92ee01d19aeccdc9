#include "cli/output_check.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <system_error>

#include "support/error.h"

namespace deepcache_gen {

void require_writable(const std::filesystem::path& file) {
  const std::filesystem::path folder = file.has_parent_path() ? file.parent_path() : ".";
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) throw Error(folder.string() + ": the output folder cannot be made: " + error.message());
  if (!std::filesystem::is_directory(folder, error))
    throw Error(folder.string() + ": is not a folder; choose another --output");
  if (std::filesystem::is_directory(file, error)) throw Error(file.string() + ": is a folder; choose another name");
  if (::access(folder.c_str(), W_OK | X_OK) != 0) {
    throw Error(folder.string() + ": the output folder cannot be written to: " + std::strerror(errno));
  }
}

}  // namespace deepcache_gen
