#pragma once

#include <sys/resource.h>

#include <csignal>

namespace deepcache_gen {

/// How large, in bytes, this process may make a file, until the end of a test; as on a full disk, a write stops there.
class LargestFile {
 public:
  explicit LargestFile(rlim_t size) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit largest{size, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &largest);
  }
  LargestFile(const LargestFile&) = delete;
  LargestFile& operator=(const LargestFile&) = delete;
  ~LargestFile() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  void (*handler_)(int);
  rlimit before_{};
};

}  // namespace deepcache_gen
