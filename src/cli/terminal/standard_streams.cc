#include "cli/terminal/standard_streams.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <initializer_list>
#include <string_view>

#include "support/error.h"

namespace deepcache_gen {

void prepare_standard_streams() {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    // A new file gets the lowest free number, which is `fd`.
    if (::fcntl(fd, F_GETFD) == -1) ::open("/dev/null", O_RDONLY);
  }
}

void end_with_the_reader() { std::signal(SIGPIPE, SIG_DFL); }

bool can_redraw_lines(int fd) {
  const char* const term = std::getenv("TERM");
  return ::isatty(fd) == 1 && (term == nullptr || std::string_view(term) != "dumb");
}

int terminal_columns(int fd) {
  winsize size{};
  return ::ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

void Results::print(const std::string& text) const {
  errno = 0;
  out_ << text << '\n' << std::flush;
  if (out_) return;
  const std::string reason = errno != 0 ? std::strerror(errno) : "the stream is closed";
  throw NoMoreOutput("standard output: cannot be written: " + reason);
}

}  // namespace deepcache_gen
