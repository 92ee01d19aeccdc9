#pragma once

#include <c10/util/Exception.h>

#include <exception>
#include <new>
#include <string>
#include <utility>

#include "support/error.h"

namespace deepcache_gen {

/// The first line of what LibTorch says; the rest is a backtrace.
std::string first_line(const c10::Error& error);
/// The last line: where LibTorch's interpreter reports an operator's failure, it says what failed.
std::string last_line(const std::exception& error);

/// Returns what `body` returns; what LibTorch and its libraries throw in it becomes an `Error` of one line that starts
/// with `name`. Memory that is not to be had stays std::bad_alloc.
template <typename Body>
auto translate_errors(const std::string& name, Body body) {
  try {
    return body();
  } catch (const Error& error) {
    throw Error(name + ": " + error.what());
  } catch (const c10::Error& error) {
    throw Error(name + ": " + first_line(error));
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& error) {
    throw Error(name + ": " + last_line(error));
  }
}

}  // namespace deepcache_gen
