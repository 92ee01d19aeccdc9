#include "support/atomic_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>
#include <utility>

#include "support/error.h"
#include "support/write_error.h"

namespace deepcache_gen {
namespace {

[[noreturn]] void fail(const std::filesystem::path& file, const std::string& reason) {
  throw Error(file.string() + ": cannot be written: " + reason);
}

// For the reason in errno.
[[noreturn]] void fail(const std::filesystem::path& file) { throw_write_error(file); }

// A file of its own name that is removed again unless it is renamed.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::filesystem::path& target)
      : target_(target),
        name_((target.parent_path() / ".deepcache-gen-XXXXXX").string()),
        fd_(::mkstemp(name_.data())) {
    if (fd_ < 0) fail(target_);
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() {
    if (fd_ >= 0) ::close(fd_);
    if (!renamed_) ::unlink(name_.c_str());
  }

  FileDescriptor duplicate() const {
    FileDescriptor copy(::fcntl(fd_, F_DUPFD_CLOEXEC, 0));
    if (copy.number() < 0) fail(target_);
    return copy;
  }

  void write(std::span<const std::uint8_t> bytes) {
    while (!bytes.empty()) {
      const ssize_t written = ::write(fd_, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) fail(target_);
      bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
  }

  void rename_to_target() {
    // mkstemp makes files that only the owner reads; a new file is for whom the umask says.
    const mode_t mask = ::umask(0);
    ::umask(mask);
    if (::fchmod(fd_, 0666 & ~mask) != 0 || ::fsync(fd_) != 0) fail(target_);
    if (const int fd = std::exchange(fd_, -1); ::close(fd) != 0) fail(target_);
    if (::rename(name_.c_str(), target_.c_str()) != 0) fail(target_);
    renamed_ = true;
  }

 private:
  std::filesystem::path target_;
  std::string name_;
  int fd_;
  bool renamed_ = false;
};

void make_parents(const std::filesystem::path& file) {
  std::error_code error;
  if (file.has_parent_path()) std::filesystem::create_directories(file.parent_path(), error);
  if (error) fail(file, error.message());
}

}  // namespace

void write_file_atomically(const std::filesystem::path& file, std::span<const std::uint8_t> bytes) {
  make_parents(file);
  TemporaryFile temporary(file);
  temporary.write(bytes);
  temporary.rename_to_target();
}

FileDescriptor write_and_keep_open(const std::filesystem::path& file, std::span<const std::uint8_t> bytes) {
  make_parents(file);
  TemporaryFile temporary(file);
  temporary.write(bytes);
  FileDescriptor descriptor = temporary.duplicate();
  temporary.rename_to_target();
  return descriptor;
}

void require_writable(const std::filesystem::path& file) {
  make_parents(file);
  std::error_code error;
  if (std::filesystem::is_directory(file, error)) fail(file, std::strerror(EISDIR));
  const TemporaryFile temporary(file);
}

}  // namespace deepcache_gen
