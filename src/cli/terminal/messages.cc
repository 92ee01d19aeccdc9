#include "cli/terminal/messages.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ctime>
#include <exception>

#include "cli/options/config_file.h"
#include "support/error.h"
#include "support/printable.h"

namespace deepcache_gen {
namespace {

// ISO 8601, with the offset to UTC.
std::string time_text() {
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  ::localtime_r(&now, &local);
  char text[40];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S%z", &local)};
}

}  // namespace

LogFile::LogFile(const std::filesystem::path& file)
    : fd_(::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666)) {
  if (fd_ < 0)
    throw Error("--log-file", "--log-file '" + file.string() + "': cannot be written: " + std::strerror(errno));
}

LogFile::~LogFile() { ::close(fd_); }

void LogFile::write(const std::string& level, const std::string& text) const {
  const std::string line = time_text() + " " + level + " " + printable(text) + "\n";
  [[maybe_unused]] const ssize_t written = ::write(fd_, line.data(), line.size());
}

Messages::Messages(std::ostream& out, const MessageOptions& options) : out_(out), verbosity_(options.verbosity) {
  if (options.log_file) log_.emplace(*options.log_file);
}

void Messages::error(const std::string& text) const { say("error", text, true); }

void Messages::warning(const std::string& text) const { say("warning", text, true); }

void Messages::note(const std::string& text) const { say("note", text, verbosity_ != Verbosity::quiet); }

void Messages::detail(const std::string& text) const { say("detail", text, verbosity_ == Verbosity::verbose); }

void Messages::log_end(const std::string& text) const {
  if (log_) log_->write("end", text);
}

void Messages::say(const std::string& level, const std::string& text, bool aloud) const {
  const bool is_named = level == "error" || level == "warning";
  if (aloud) out_ << (is_named ? "deepcache-gen: " + level + ": " : "") << printable(text) << std::endl;
  if (log_) log_->write(level, text);
}

void log_how_it_ends(const Messages& messages, const ConfiguredFlags& configured, const std::function<void()>& work) {
  try {
    tell_origins(configured, work);
  } catch (const std::exception& error) {
    messages.log_end(error.what());
    throw;
  }
  messages.log_end("done");
}

}  // namespace deepcache_gen
