#pragma once

#include <stdexcept>

namespace deepcache_gen {

/// Something could not be done. The message is one line that names the value, what is accepted and what to do; `main`
/// prints it and exits with 1.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
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
