#include "cli/prompts/prompt_list.h"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "cli/prompts/prompt_lines.h"
#include "support/error.h"

namespace deepcache_gen {
namespace {

std::ifstream open(const std::string& file) {
  std::error_code error;
  if (std::filesystem::is_directory(file, error)) throw Error(file + ": cannot be read: " + std::strerror(EISDIR));
  errno = 0;
  std::ifstream stream(file, std::ios::binary);
  if (!stream) throw Error(file + ": cannot be read: " + std::strerror(errno));
  return stream;
}

// What is longer is no text, or has no end, as a device.
constexpr std::size_t kLongestSkipped = std::size_t{64} << 20;

// False at the end. Of a line that is too long just enough is kept for it to be refused.
bool next_line(std::istream& stream, const std::string& file, std::string& line) {
  line.clear();
  std::size_t length = 0;
  for (char c; stream.get(c); ++length) {
    if (c == '\n') return true;
    if (line.size() <= PromptLines::kLongest) line += c;
    if (length == kLongestSkipped) throw Error(file + ": has a line of more than 64 MiB; write one prompt a line");
  }
  return length > 0;
}

std::optional<ListFormat> format_of(const std::string& file) {
  const std::string extension = std::filesystem::path(file).extension().string();
  if (extension == ".jsonl" || extension == ".ndjson" || extension == ".json") return ListFormat::json_lines;
  if (extension == ".txt") return ListFormat::text;
  return {};
}

}  // namespace

PromptList read_prompt_list(const std::string& file, const PictureOptions& defaults) {
  std::ifstream stream = open(file);
  PromptLines lines(file, defaults, format_of(file));
  PromptList list;
  for (std::string line; next_line(stream, file, line);) {
    const std::optional<PromptLine> read = lines.read(std::move(line));
    if (!read) continue;
    if (const auto* entry = std::get_if<PromptEntry>(&*read)) list.entries.push_back(*entry);
    if (const auto* bad = std::get_if<BadLine>(&*read)) list.bad_lines.push_back(*bad);
  }
  if (stream.bad()) throw Error(file + ": cannot be read: " + std::strerror(errno));
  if (list.entries.empty() && list.bad_lines.empty()) {
    throw UsageError("--prompts '" + file + "': holds no prompt; write one a line");
  }
  return list;
}

}  // namespace deepcache_gen
