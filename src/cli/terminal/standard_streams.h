#pragma once

#include <ostream>
#include <string>

namespace deepcache_gen {

/// Makes failures of stdin, stdout and stderr errors like any other: writing to a closed pipe, or beyond the largest
/// size of a file (`ulimit -f`), no longer ends the process, and a stream that was closed from the start is opened so
/// that writing to it fails, lest a file opened later takes its number and gets what was meant for it.
void prepare_standard_streams();

/// From here on the process ends silently, by SIGPIPE, when the reader of what it prints has gone: right for pages that
/// people look at with `head` or a pager, where nothing is left undone.
void end_with_the_reader();

/// True where `fd` is a terminal on which a line can be drawn again (not TERM=dumb).
bool can_redraw_lines(int fd);

/// The terminal's width now; 80 where it is not known.
int terminal_columns(int fd);

/// The results of the command, on stdout: handed on at once, and nothing else is written there.
class Results {
 public:
  explicit Results(std::ostream& out) : out_(out) {}

  /// Writes `text` and a newline. Throws `NoMoreOutput` with the system's reason where that fails (a full disk, a
  /// closed pipe).
  void print(const std::string& text) const;

 private:
  std::ostream& out_;
};

}  // namespace deepcache_gen
