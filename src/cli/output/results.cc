#include "cli/output/results.h"

#include <cerrno>
#include <cstring>

#include "support/error.h"

namespace deepcache_gen {

void Results::print(const std::string& text) const {
  errno = 0;
  out_ << text << '\n' << std::flush;
  if (out_) return;
  const std::string reason = errno != 0 ? std::strerror(errno) : "the stream is closed";
  throw NoMoreOutput("standard output: cannot be written: " + reason);
}

}  // namespace deepcache_gen
