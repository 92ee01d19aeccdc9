#include "support/growing_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include "support/atomic_file.h"
#include "support/error.h"
#include "support/retried.h"
#include "support/write_error.h"

namespace deepcache_gen {

GrowingFile::GrowingFile(std::filesystem::path file, std::span<const std::uint8_t> bytes)
    : file_(std::move(file)), fd_(write_and_keep_open(file_, bytes)), size_(static_cast<std::int64_t>(bytes.size())) {}

void GrowingFile::append(std::span<const std::uint8_t> bytes) {
  if (!is_still_there()) {
    throw Error(file_.string() + ": was taken away while more was to be added to it; leave it there until the end");
  }
  try {
    write(bytes, size_);
  } catch (const Error&) {
    // What stays if this fails too is not counted.
    [[maybe_unused]] const int result = retried([&] { return ::ftruncate(fd_.number(), size_); });
    throw;
  }
  size_ += static_cast<std::int64_t>(bytes.size());
}

bool GrowingFile::is_still_there() const {
  struct stat named {
  }, open{};
  return ::stat(file_.c_str(), &named) == 0 && ::fstat(fd_.number(), &open) == 0 && named.st_dev == open.st_dev &&
         named.st_ino == open.st_ino;
}

void GrowingFile::replace_start(std::span<const std::uint8_t> bytes) { write(bytes, 0); }

void GrowingFile::write(std::span<const std::uint8_t> bytes, std::int64_t position) {
  while (!bytes.empty()) {
    const ssize_t written = retried([&] { return ::pwrite(fd_.number(), bytes.data(), bytes.size(), position); });
    if (written < 0) throw_write_error(file_);
    bytes = bytes.subspan(static_cast<std::size_t>(written));
    position += written;
  }
  if (retried([&] { return ::fdatasync(fd_.number()); }) != 0) throw_write_error(file_);
}

}  // namespace deepcache_gen
