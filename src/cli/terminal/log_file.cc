#include "cli/terminal/log_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ctime>

#include "support/error.h"
#include "support/printable.h"

namespace deepcache_gen {
namespace {

// ISO 8601, with the offset to UTC.
std::string time_text() {
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  ::localtime_r(&now, &local);
  char text[40];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S%z", &local)};
}

}  // namespace

LogFile::LogFile(const std::filesystem::path& file)
    : fd_(::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666)) {
  if (fd_ < 0) throw Error("--log-file '" + file.string() + "': cannot be written: " + std::strerror(errno));
}

LogFile::~LogFile() { ::close(fd_); }

void LogFile::write(const std::string& level, const std::string& text) const {
  const std::string line = time_text() + " " + level + " " + printable(text) + "\n";
  [[maybe_unused]] const ssize_t written = ::write(fd_, line.data(), line.size());
}

}  // namespace deepcache_gen
