#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "support/printable.h"

namespace deepcache_gen {

/// A JSON value on one line; bytes that are no UTF-8, as a file's name may have them, become U+FFFD instead of an
/// error, and no character in it controls a terminal.
template <class Json>
std::string json_text(const Json& value) {
  return printable_json(value.dump(-1, ' ', false, Json::error_handler_t::replace));
}

}  // namespace deepcache_gen
