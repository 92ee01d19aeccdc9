#pragma once

#include <exception>
#include <new>
#include <string>

namespace deepcache_gen {

/// What a failure was, for people: the exception's own words, but of memory that is not to be had, whose exception says
/// nothing, what to do.
inline std::string failure_text(const std::exception& error) {
  if (dynamic_cast<const std::bad_alloc*>(&error)) return "out of memory; choose a smaller size or --batch-size";
  return error.what();
}

}  // namespace deepcache_gen
