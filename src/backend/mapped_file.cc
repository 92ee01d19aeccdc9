#include "backend/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "support/error.h"

namespace deepcache_gen {
namespace {

class OpenFile {
 public:
  explicit OpenFile(const std::filesystem::path& file) : descriptor_(open(file.c_str(), O_RDONLY | O_CLOEXEC)) {}
  ~OpenFile() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

[[noreturn]] void fail(const std::filesystem::path& file) {
  throw Error(file.string() + ": " + std::generic_category().message(errno));
}

}  // namespace

MappedFile::MappedFile(const std::filesystem::path& file) {
  const OpenFile opened(file);
  struct stat status {};
  if (opened.descriptor() < 0 || fstat(opened.descriptor(), &status) != 0) fail(file);
  size_ = static_cast<std::size_t>(status.st_size);
  if (size_ == 0) return;
  void* memory = mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, opened.descriptor(), 0);
  if (memory == MAP_FAILED) fail(file);
  data_ = static_cast<std::byte*>(memory);
}

MappedFile::~MappedFile() {
  if (data_) munmap(data_, size_);
}

void MappedFile::drop_pages() const {
  if (data_) madvise(data_, size_, MADV_DONTNEED);
}

}  // namespace deepcache_gen
