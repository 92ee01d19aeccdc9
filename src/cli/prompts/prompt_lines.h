#pragma once

#include <optional>
#include <string>
#include <variant>

#include "cli/prompts/prompt_entry.h"

namespace deepcache_gen {

/// What a line of a prompt list says.
using PromptLine = std::variant<PromptEntry, BadLine>;

/// How a list is written: text lines with flags after ` --`, or JSON objects.
enum class ListFormat { text, json_lines };

/// Reads the lines of a prompt list one after the other, whether they come from a file or a stream.
class PromptLines {
 public:
  /// `name`: what messages call the list. `defaults`: what a line leaves open. Without a format the first line that
  /// says something decides: a `{` begins JSON.
  PromptLines(std::string name, PictureOptions defaults, std::optional<ListFormat> format);

  /// What the next line says; nothing where it is blank or a comment. The line has no newline at its end.
  std::optional<PromptLine> read(std::string line);

  /// A line longer than this is refused.
  static constexpr std::size_t kLongest = std::size_t{1} << 20;

 private:
  std::string name_;
  PictureOptions defaults_;
  std::optional<ListFormat> format_;
  int line_number_ = 0;
  int items_ = 0;
};

}  // namespace deepcache_gen
