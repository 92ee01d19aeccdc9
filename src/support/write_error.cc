#include "support/write_error.h"

#include <cerrno>
#include <cstring>

#include "support/error.h"

namespace deepcache_gen {

void throw_write_error(const std::filesystem::path& file) {
  const int reason = errno;
  const std::string message = file.string() + ": cannot be written: " + std::strerror(reason);
  if (reason == ENOSPC || reason == EDQUOT) throw NoMoreOutput(message);
  throw Error(message);
}

}  // namespace deepcache_gen
