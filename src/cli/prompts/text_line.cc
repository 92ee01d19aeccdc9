#include "cli/prompts/text_line.h"

#include <sstream>

#include "cli/prompts/shell_words.h"
#include "support/error.h"

namespace deepcache_gen {
namespace {

struct Parts {
  std::string prompt, flags;
};

Parts divide(const std::string& line) {
  if (line.starts_with("--")) return {"", line};
  const std::size_t dashes = line.find(" --");
  if (dashes == std::string::npos) return {line, ""};
  const std::size_t end = line.find_last_not_of(" \t", dashes);
  return {line.substr(0, end + 1), line.substr(dashes + 1)};
}

void reject_short_flags(const std::string& prompt) {
  std::istringstream words(prompt);
  for (std::string word; words >> word;) {
    if (is_short_picture_flag(word)) {
      throw UsageError("'" + word + "' stands in the prompt; flags come after a long one or after ' -- '");
    }
  }
}

}  // namespace

PictureFlags read_text_line(const std::string& line, const PictureOptions& defaults) {
  const auto [prompt, flags] = divide(line);
  reject_short_flags(prompt);
  std::vector<std::string> words = split_shell_words(flags);
  if (!words.empty() && words.front() == "--") words.erase(words.begin());
  PictureFlags read = read_picture_flags(words, defaults);
  if (prompt.empty()) return read;
  if (read.has_prompt) throw UsageError("--prompt: the line has a prompt already: " + quoted(prompt));
  read.picture.request.prompt = prompt;
  read.has_prompt = true;
  return read;
}

}  // namespace deepcache_gen
