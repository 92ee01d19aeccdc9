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
  for (std::string line; std::getline(stream, line);) {
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
