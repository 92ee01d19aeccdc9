#pragma once

#include <optional>
#include <string>
#include <variant>

#include "cli/options/command_line.h"
#include "cli/prompts/prompt_flags.h"

namespace deepcache_gen {

/// One prompt of a run: the one of --prompt, or an entry of a list.
struct PromptEntry {
  std::optional<int> item;  ///< number in the whole list, from 0; unset: there is no list
  std::string source;       ///< "prompts.txt:12"; empty: there is no list
  PictureOptions picture;
  bool own_output = false;  ///< the entry names its output itself
};

/// A line of a list that can't be understood.
struct BadLine {
  int item;            ///< number in the whole list, from 0: bad lines are counted too
  std::string source;  ///< "prompts.txt:12"
  std::string problem;
};

/// Reads `{"prompt": "a barn", "seed": 7, "output": "barn.png"}`: keys are long flags without dashes, values strings or
/// numbers; null is as if the key were not there. Throws `UsageError` for what is not accepted.
PictureFlags read_json_line(const std::string& line, const PictureOptions& defaults);

/// Reads `a red barn --seed 7 -n "people"`: the prompt goes to the first ` --`, flags as on the command line follow. A
/// lone `--` may stand between the two. Throws `UsageError` for what is not accepted, among it a short flag in the
/// prompt, which would be drawn.
PictureFlags read_text_line(const std::string& line, const PictureOptions& defaults);

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
