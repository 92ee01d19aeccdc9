#pragma once

#include <c10/util/Exception.h>

#include <exception>
#include <new>
#include <string>
#include <utility>

#include "support/error.h"

namespace deepcache_gen {

/// Whether a failure means that a device's memory was not enough, whatever library says so: LibTorch's interpreter
/// turns every error into text.
bool tells_out_of_memory(const std::exception& error);

/// Throws what LibTorch or its libraries threw as an `Error` of one line, not too long, that starts with `name`,
/// `OutOfMemory` where it tells that.
[[noreturn]] void throw_translated(const std::string& name, const std::exception& error);

/// Returns what `body` returns; what LibTorch and its libraries throw in it becomes an `Error` of one line that starts
/// with `name`, of which `OutOfMemory` is one. Memory that the heap does not have stays std::bad_alloc.
template <typename Body>
auto translate_errors(const std::string& name, Body body) {
  try {
    return body();
  } catch (const OutOfMemory& error) {
    throw OutOfMemory(name + ": " + error.what());
  } catch (const Error& error) {
    throw Error(name + ": " + error.what());
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& error) {
    throw_translated(name, error);
  }
}

/// Likewise, but an `Error` stays as it is, where it says by itself what it is about.
template <typename Body>
auto translate_foreign_errors(const std::string& name, Body body) {
  try {
    return body();
  } catch (const Error&) {
    throw;
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& error) {
    throw_translated(name, error);
  }
}

}  // namespace deepcache_gen
