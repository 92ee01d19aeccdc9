#include "cli/prompts/prompt_lines.h"

#include <utility>

#include "cli/prompts/json_line.h"
#include "cli/prompts/text_line.h"
#include "support/error.h"
#include "text/utf8.h"

namespace deepcache_gen {
namespace {

constexpr const char* kByteOrderMark = "\xEF\xBB\xBF";
constexpr const char* kBlanks = " \t";

std::string without_blanks(const std::string& line) {
  const std::size_t first = line.find_first_not_of(kBlanks);
  if (first == std::string::npos) return "";
  return line.substr(first, line.find_last_not_of(kBlanks) - first + 1);
}

PictureFlags read_line(const std::string& line, ListFormat format, const PictureOptions& defaults) {
  if (line.size() > PromptLines::kLongest) throw UsageError("the line is longer than 1 MiB");
  if (line.find('\0') != std::string::npos) throw UsageError("the line holds a NUL byte; expected UTF-8 text");
  require_utf8(line);
  const PictureFlags flags =
      format == ListFormat::json_lines ? read_json_line(line, defaults) : read_text_line(line, defaults);
  if (!flags.has_prompt) throw UsageError("the prompt is missing");
  return flags;
}

}  // namespace

PromptLines::PromptLines(std::string name, PictureOptions defaults, std::optional<ListFormat> format)
    : name_(std::move(name)), defaults_(std::move(defaults)), format_(format) {}

std::optional<PromptLine> PromptLines::read(std::string line) {
  if (++line_number_ == 1 && line.starts_with(kByteOrderMark)) line.erase(0, 3);
  if (line.ends_with('\r')) line.pop_back();
  line = without_blanks(line);
  if (line.empty() || line.starts_with('#')) return {};
  if (!format_) format_ = line.starts_with('{') ? ListFormat::json_lines : ListFormat::text;
  const int item = items_++;
  const std::string source = name_ + ":" + std::to_string(line_number_);
  try {
    const PictureFlags flags = read_line(line, *format_, defaults_);
    return PromptEntry{item, source, flags.picture, flags.has_output};
  } catch (const UsageError& error) {
    return BadLine{item, source, error.what()};
  }
}

}  // namespace deepcache_gen
