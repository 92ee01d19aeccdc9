#include "support/atomic_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <random>
#include <string>
#include <utility>

#include "support/error.h"
#include "support/retried.h"
#include "support/write_error.h"

namespace deepcache_gen {
namespace {

[[noreturn]] void fail(const std::filesystem::path& file, const std::string& reason) {
  throw Error(file.string() + ": cannot be written: " + reason);
}

// For the reason in errno.
[[noreturn]] void fail(const std::filesystem::path& file) { throw_write_error(file); }

// A name that nobody can foretell, for a file in the same folder.
std::filesystem::path temporary_name(const std::filesystem::path& target) {
  std::random_device random;
  char suffix[17];
  std::snprintf(suffix, sizeof suffix, "%08x%08x", random(), random());
  return target.parent_path() / (std::string(".deepcache-gen-") + suffix);
}

// A file of its own name that is removed again unless it is renamed. It is for whom the umask says: the kernel applies
// that, which only a whole process can ask for.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::filesystem::path& target)
      : target_(target),
        name_(temporary_name(target)),
        fd_(retried([&] { return ::open(name_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666); })) {
    if (fd_ < 0) fail(target_);
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() {
    if (fd_ >= 0) ::close(fd_);
    if (!renamed_) ::unlink(name_.c_str());
  }

  const std::filesystem::path& name() const { return name_; }

  // Another file may stand under the name now.
  void reopen() {
    ::close(fd_);
    fd_ = retried([&] { return ::open(name_.c_str(), O_WRONLY | O_CLOEXEC); });
    if (fd_ < 0) fail(target_);
  }

  FileDescriptor duplicate() const {
    FileDescriptor copy(::fcntl(fd_, F_DUPFD_CLOEXEC, 0));
    if (copy.number() < 0) fail(target_);
    return copy;
  }

  void write(std::span<const std::uint8_t> bytes) {
    while (!bytes.empty()) {
      const ssize_t written = retried([&] { return ::write(fd_, bytes.data(), bytes.size()); });
      if (written < 0) fail(target_);
      bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
  }

  void rename_to_target() {
    if (retried([&] { return ::fsync(fd_); }) != 0) fail(target_);
    // Interrupted it is closed all the same, and its number may be another file's already.
    if (const int fd = std::exchange(fd_, -1); ::close(fd) != 0 && errno != EINTR) fail(target_);
    if (::rename(name_.c_str(), target_.c_str()) != 0) fail(target_);
    renamed_ = true;
  }

 private:
  std::filesystem::path target_, name_;
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

void write_file_atomically(const std::filesystem::path& file,
                           const std::function<void(const std::filesystem::path& temporary)>& write) {
  make_parents(file);
  TemporaryFile temporary(file);
  write(temporary.name());
  temporary.reopen();
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
