#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace deepcache_gen {

/// A JSON value on one line; bytes that are no UTF-8, as a file's name may have them, become U+FFFD instead of an
/// error.
template <class Json>
std::string json_text(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace deepcache_gen
