#pragma once

#include <exception>
#include <new>
#include <string>

#include "support/error.h"

namespace deepcache_gen {

/// What a failure was, for people: the exception's own words, but of memory that is not to be had, whose exception says
/// nothing, what to do.
inline std::string failure_text(const std::exception& error) {
  if (dynamic_cast<const std::bad_alloc*>(&error)) return "out of memory; choose a smaller size or --batch-size";
  return error.what();
}

/// The same as an `Error`, about the flags that the exception is about.
inline Error failure_of(const std::exception& error) {
  if (const auto* told = dynamic_cast<const Error*>(&error)) return *told;
  Error failure(failure_text(error));
  if (dynamic_cast<const std::bad_alloc*>(&error)) {
    for (const char* flag : {"--batch-size", "--width", "--height"}) failure.add_flag(flag);
  }
  return failure;
}

}  // namespace deepcache_gen
