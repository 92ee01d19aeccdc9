#pragma once

#include <string>

#include "support/json_object.h"

namespace deepcache_gen {

/// A field of model.json that is an integer within bounds that an int has. Throws `Error` unless `low <= field <=
/// high`.
inline int small_integer(const JsonObject& object, const std::string& field, int low, int high) {
  return static_cast<int>(object.integer_between(field, low, high));
}

}  // namespace deepcache_gen
