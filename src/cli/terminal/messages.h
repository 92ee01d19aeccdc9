#pragma once

#include <functional>
#include <optional>
#include <ostream>
#include <string>

#include "cli/options/command_line.h"
#include "cli/options/configured_flags.h"
#include "cli/terminal/log_file.h"

namespace deepcache_gen {

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
