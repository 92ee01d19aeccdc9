#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cli/prompts/prompt_lines.h"

namespace deepcache_gen {

/// What a file of prompts holds.
struct PromptList {
  std::vector<PictureRequest> entries;
  std::vector<BadLine> bad_lines;
};

/// Reads all of a prompt file. `defaults`: what a line leaves open. Throws `Error` where the file can't be read
/// or has a line that goes on for 64 MiB,/// `UsageError` where it holds no prompt at all.
PromptList read_prompt_list(const std::string& file, const PictureRequest& defaults);

/// Prompts that arrive one by one, on stdin.
class PromptStream {
 public:
  /// Reads from the file descriptor `fd`; `name` is what messages call it. `interrupted` is asked while waiting.
  PromptStream(int fd, std::string name, PictureRequest defaults, std::function<bool()> interrupted);

  /// The next prompt or bad line. Nothing where the stream has ended (see `ended`), or where no whole line has arrived
  /// and `may_wait`, which is asked again and again, says no. Throws `Interrupted` when the user wants to stop, `Error`
  /// where reading fails.
  std::optional<PromptLine> next(const std::function<bool()>& may_wait);
  bool ended() const { return closed_ && taken_ == buffer_.size(); }

 private:
  bool has_arrived(const std::function<bool()>& may_wait) const;
  void receive();
  std::optional<std::string> take_line();

  int fd_;
  std::string name_;
  PromptLines lines_;
  std::function<bool()> interrupted_;
  std::string buffer_;
  std::size_t taken_ = 0;  ///< bytes at its start that were lines
  bool closed_ = false;
};

}  // namespace deepcache_gen
