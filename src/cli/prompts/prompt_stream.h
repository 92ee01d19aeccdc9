#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "cli/prompts/prompt_entry.h"

namespace deepcache_gen {

/// Prompts that arrive one by one, on stdin.
class PromptStream {
 public:
  /// Reads from the file descriptor `fd`; `name` is what messages call it. `interrupted` is asked while waiting.
  PromptStream(int fd, std::string name, PictureOptions defaults, std::function<bool()> interrupted);
  ~PromptStream();

  using Line = std::variant<PromptEntry, BadLine>;
  /// The next prompt or bad line. Nothing where the stream has ended (see `ended`) or, without `wait`, where no whole
  /// line has arrived yet. Throws `Interrupted` when the user wants to stop, `Error` where reading fails.
  std::optional<Line> next(bool wait);
  bool ended() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace deepcache_gen
