#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <ostream>
#include <string>

#include "cli/options/command_line.h"

namespace deepcache_gen {

/// A file that keeps what was said, each line with its time and level. Several processes may append to one file: a line
/// is written at once.
class LogFile {
 public:
  /// Opens the file for appending. Throws `Error` where that can't be done.
  explicit LogFile(const std::filesystem::path& file);
  ~LogFile();
  LogFile(const LogFile&) = delete;
  LogFile& operator=(const LogFile&) = delete;

  /// Appends `2026-11-25T09:10:11+0100 LEVEL TEXT`, the text `printable`. A full disk is no reason to stop the work:
  /// what can't be written is lost.
  void write(const std::string& level, const std::string& text) const;

 private:
  int fd_;
};

/// What the program says to people, one line each, `printable` whatever stands in it: on stderr, since stdout carries
/// results only, and in the log file, which gets the details too.
class Messages {
 public:
  /// Throws `Error` where the log file can't be opened.
  Messages(std::ostream& out, const MessageOptions& options);

  /// Of something that failed while the rest goes on.
  void error(const std::string& text) const;
  void warning(const std::string& text) const;
  /// Said unless quiet.
  void note(const std::string& text) const;
  /// Said with --verbose.
  void detail(const std::string& text) const;
  /// Goes to the log only: what ends the program is said by `main`.
  void log_end(const std::string& text) const;

 private:
  void say(const std::string& level, const std::string& text, bool aloud) const;

  std::ostream& out_;
  Verbosity verbosity_;
  std::optional<LogFile> log_;
};

/// Does the work and logs how it ended: `done`, or the message of what it throws, which goes on; with the flags that
/// the message is about and that come from the configuration file.
void log_how_it_ends(const Messages& messages, const ConfiguredFlags& configured, const std::function<void()>& work);

}  // namespace deepcache_gen
