#include "cli/prompts/prompt_list.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <utility>

#include "cli/prompts/prompt_lines.h"
#include "support/error.h"
#include "support/interrupted.h"

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

// A signal that comes just before the wait does not end it, so that it must not be endless.
constexpr int kMillisecondsBetweenLooks = 200;

}  // namespace

PromptList read_prompt_list(const std::string& file, const PictureRequest& defaults) {
  std::ifstream stream = open(file);
  PromptLines lines(file, defaults, format_of(file));
  PromptList list;
  for (std::string line; next_line(stream, file, line);) {
    const std::optional<PromptLine> read = lines.read(std::move(line));
    if (!read) continue;
    if (const auto* entry = std::get_if<PictureRequest>(&*read)) list.entries.push_back(*entry);
    if (const auto* bad = std::get_if<BadLine>(&*read)) list.bad_lines.push_back(*bad);
  }
  if (stream.bad()) throw Error(file + ": cannot be read: " + std::strerror(errno));
  if (list.entries.empty() && list.bad_lines.empty()) {
    throw UsageError("--prompts '" + file + "': holds no prompt; write one a line");
  }
  return list;
}

PromptStream::PromptStream(int fd, std::string name, PictureRequest defaults, std::function<bool()> interrupted)
    : fd_(fd), name_(name), lines_(name, std::move(defaults), {}), interrupted_(std::move(interrupted)) {}

std::optional<PromptLine> PromptStream::next(const std::function<bool()>& may_wait) {
  while (true) {
    while (std::optional<std::string> line = take_line()) {
      if (std::optional<PromptLine> read = lines_.read(std::move(*line))) return read;
    }
    if (closed_ || !has_arrived(may_wait)) return {};
    receive();
  }
}

// Ctrl-C in a shell also ends the program that writes the prompts: the question comes after the waiting, so that an end
// of input that arrives with the signal isn't taken for the list's.
bool PromptStream::has_arrived(const std::function<bool()>& may_wait) const {
  while (true) {
    pollfd poll{fd_, POLLIN, 0};
    const bool wait = may_wait();
    const int ready = ::poll(&poll, 1, wait ? kMillisecondsBetweenLooks : 0);
    if (interrupted_()) throw Interrupted();
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) throw Error(name_ + ": cannot be read: " + std::strerror(errno));
    if (!wait) return false;
  }
}

void PromptStream::receive() {
  std::array<char, 65536> bytes;
  const ssize_t count = ::read(fd_, bytes.data(), bytes.size());
  if (count < 0 && errno != EINTR && errno != EAGAIN) throw Error(name_ + ": cannot be read: " + std::strerror(errno));
  if (count == 0) closed_ = true;
  buffer_.erase(0, std::exchange(taken_, 0));
  if (count > 0) buffer_.append(bytes.data(), static_cast<std::size_t>(count));
}

// What follows the last newline is a line only when nothing more can come. Of a line that is too long just enough is
// kept for it to be refused.
std::optional<std::string> PromptStream::take_line() {
  const std::size_t newline = buffer_.find('\n', taken_);
  const bool whole = newline != std::string::npos || (closed_ && taken_ < buffer_.size());
  if (!whole) {
    if (buffer_.size() > taken_ + PromptLines::kLongest) buffer_.resize(taken_ + PromptLines::kLongest + 1);
    return {};
  }
  const std::size_t end = std::min(newline, buffer_.size());
  const std::size_t begin = std::exchange(taken_, std::min(end + 1, buffer_.size()));
  return buffer_.substr(begin, end - begin);
}

}  // namespace deepcache_gen
