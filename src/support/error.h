#pragma once

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace deepcache_gen {

/// Something could not be done. The message is one line that names the value, what is accepted and what to do; `main`
/// prints it and exits with 1.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
  /// `flag`: the one that it is about, by its long name.
  Error(std::string flag, const std::string& message) : std::runtime_error(message), flags_{std::move(flag)} {}

  /// The flags that it is about, so that where their values come from can be told; may be empty.
  const std::vector<std::string>& flags() const { return flags_; }
  /// It is about this one, too.
  void add_flag(std::string flag) { flags_.push_back(std::move(flag)); }

 private:
  std::vector<std::string> flags_;
};

/// The user asked for something that is not accepted. As `Error`, but `main` exits with 2.
class UsageError : public Error {
 public:
  using Error::Error;
};

/// A device's memory is not enough for what was asked of it; what asks for less may still be done.
class OutOfMemory : public Error {
 public:
  using Error::Error;
};

/// Nothing more can be put out (a full disk, a closed standard output), so that going on is no use.
class NoMoreOutput : public Error {
 public:
  using Error::Error;
};

}  // namespace deepcache_gen
