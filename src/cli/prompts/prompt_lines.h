#pragma once

#include <optional>
#include <string>
#include <variant>

#include "cli/options/command_line.h"

namespace deepcache_gen {

/// A line of a list that can't be understood.
struct BadLine {
  int item;            ///< number in the whole list, from 0: bad lines are counted too
  std::string source;  ///< "prompts.txt:12"
  std::string problem;
};

/// What a line of a prompt list says.
using PromptLine = std::variant<PictureRequest, BadLine>;

/// How a list is written. text: `a red barn --seed 7 -n "people"`, where the prompt goes to the first ` --`, a lone
/// `--` may follow, and then come flags as on the command line; a short flag in the prompt, which would be drawn, is
/// refused. json_lines: `{"prompt": "a barn", "seed": 7, "output": "barn.png"}`, where keys are long flags without
/// dashes, values strings, numbers, lists of numbers, lists of strings for a flag that may be given several times, or
/// true and false for a switch, and null is as if the key were not there.
enum class ListFormat { text, json_lines };

/// Reads the lines of a prompt list one after the other, whether they come from a file or a stream.
class PromptLines {
 public:
  /// `name`: what messages call the list. `defaults`: what a line leaves open. Without a format the first line that
  /// says something decides: a `{` begins JSON.
  PromptLines(std::string name, PictureRequest defaults, std::optional<ListFormat> format);

  /// What the next line says; nothing where it is blank or a comment. The line has no newline at its end.
  std::optional<PromptLine> read(std::string line);

  /// A line longer than this is refused.
  static constexpr std::size_t kLongest = std::size_t{1} << 20;

 private:
  std::string name_;
  PictureRequest defaults_;
  std::optional<ListFormat> format_;
  int line_number_ = 0;
  int items_ = 0;
};

}  // namespace deepcache_gen
