#include "backend/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>
#include <system_error>

#include "support/error.h"

namespace deepcache_gen {
namespace {

[[noreturn]] void fail(const std::filesystem::path& file) {
  throw Error(file.string() + ": " + std::generic_category().message(errno));
}

[[noreturn]] void tell_of_change(const std::filesystem::path& file) {
  throw Error(file.string() + ": was changed or cut short while it was in use; wait until nothing writes to it and " +
              "start again");
}

}  // namespace

// Not blocking, since opening a pipe would wait for somebody to write to it.
MappedFile::MappedFile(const std::filesystem::path& file, const std::optional<FileState>& expected)
    : path_(file), descriptor_(open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {
  struct stat status {};
  if (descriptor_.number() < 0 || fstat(descriptor_.number(), &status) != 0) fail(file);
  if (!S_ISREG(status.st_mode)) throw Error(file.string() + ": is no regular file");
  state_ = file_state(status);
  if (expected && state_ != *expected) tell_of_change(file);
  size_ = static_cast<std::size_t>(state_.size);
  if (size_ == 0) return;
  void* memory = mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, descriptor_.number(), 0);
  if (memory == MAP_FAILED) fail(file);
  data_ = static_cast<std::byte*>(memory);
  lost_pages_.emplace(bytes());
}

MappedFile::~MappedFile() {
  lost_pages_.reset();
  if (data_) munmap(data_, size_);
}

void MappedFile::check_unchanged() const {
  struct stat status {};
  if (fstat(descriptor_.number(), &status) != 0) fail(path_);
  const FileState now = file_state(status);
  // Not the time of its other changes, which a new name is one of.
  const bool is_same = now.size == state_.size && now.modified == state_.modified;
  if (!is_same) tell_of_change(path_);
  if (lost_pages_ && lost_pages_->any()) throw Error(path_.string() + ": could not be read; its disk may be failing");
}

void MappedFile::drop_pages() const {
  if (data_) madvise(data_, size_, MADV_DONTNEED);
}

}  // namespace deepcache_gen
