#pragma once

#include <ATen/core/dispatch/Dispatcher.h>

namespace deepcache_gen {

/// An operator of LibTorch that has no C++ function; the dispatcher has them all. `Signature` must be the operator's.
/// Throws `c10::Error` where there is none. Looking it up is slow: keep what it returns.
template <typename Signature>
auto find_library_operator(const char* name, const char* overload = "") {
  return c10::Dispatcher::singleton().findSchemaOrThrow(name, overload).typed<Signature>();
}

}  // namespace deepcache_gen
