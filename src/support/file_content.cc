#include "support/file_content.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "support/error.h"
#include "support/file_descriptor.h"

namespace deepcache_gen {
namespace {

constexpr std::size_t kBlock = 1 << 16;

[[noreturn]] void fail(const std::filesystem::path& file, int reason) {
  throw Error(file.string() + ": cannot be read: " + std::strerror(reason));
}

FileDescriptor open_to_read(const std::filesystem::path& file, int flags) {
  FileDescriptor fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | flags));
  if (fd.number() < 0) fail(file, errno);
  return fd;
}

std::string bytes_text(std::size_t bytes) {
  constexpr std::size_t kMebibyte = std::size_t{1} << 20;
  return bytes % kMebibyte == 0 ? std::to_string(bytes / kMebibyte) + " MiB" : std::to_string(bytes) + " bytes";
}

[[noreturn]] void refuse_size(const std::filesystem::path& file, std::size_t most) {
  throw Error(file.string() + ": is larger than " + bytes_text(most) + ", which is more than such a file needs");
}

// Whatever size the system says: the file may grow, and a device has none. `size`: it spares copies.
std::string read_all(const FileDescriptor& fd, const std::filesystem::path& file, std::size_t most,
                     std::size_t size = 0) {
  std::string content;
  content.reserve(std::min(size, most) + 1);
  while (content.size() <= most) {
    const std::size_t before = content.size();
    content.resize(before + std::min(kBlock, most + 1 - before));
    const ssize_t count = ::read(fd.number(), content.data() + before, content.size() - before);
    if (count < 0 && errno != EINTR) fail(file, errno);
    content.resize(before + static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
    if (count == 0) return content;
  }
  refuse_size(file, most);
}

}  // namespace

std::string read_regular_file(const std::filesystem::path& file, std::size_t most) {
  // Opening a pipe would wait for who writes to it.
  const FileDescriptor fd = open_to_read(file, O_NONBLOCK);
  struct stat status {};
  if (::fstat(fd.number(), &status) != 0) fail(file, errno);
  if (!S_ISREG(status.st_mode)) throw Error(file.string() + ": is no regular file");
  const auto size = static_cast<std::size_t>(status.st_size);
  if (size > most) refuse_size(file, most);
  return read_all(fd, file, most, size);
}

std::string read_any_file(const std::filesystem::path& file, std::size_t most) {
  return read_all(open_to_read(file, 0), file, most);
}

}  // namespace deepcache_gen
