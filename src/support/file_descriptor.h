#pragma once

#include <unistd.h>

#include <utility>

namespace deepcache_gen {

/// Owns an open file of the system's.
class FileDescriptor {
 public:
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~FileDescriptor() {
    if (fd_ >= 0) ::close(fd_);
  }

  /// Below 0: none could be opened.
  int number() const { return fd_; }

 private:
  int fd_;
};

}  // namespace deepcache_gen
