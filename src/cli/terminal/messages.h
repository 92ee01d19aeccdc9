#pragma once

#include <ostream>
#include <string>

#include "cli/options/command_line.h"

namespace deepcache_gen {

/// What the program says to people, one line each: on stderr, since stdout carries results only.
class Messages {
 public:
  Messages(std::ostream& out, Verbosity verbosity) : out_(out), verbosity_(verbosity) {}

  /// Of something that failed while the rest goes on.
  void error(const std::string& text) const;
  void warning(const std::string& text) const;
  /// Said unless quiet.
  void note(const std::string& text) const;
  /// Said with --verbose.
  void detail(const std::string& text) const;

 private:
  std::ostream& out_;
  Verbosity verbosity_;
};

}  // namespace deepcache_gen
