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

// In json_text.cc, for all: nlohmann's writer takes the compiler seconds in every file that would make its own.
extern template std::string json_text(const nlohmann::json& value);
extern template std::string json_text(const nlohmann::ordered_json& value);

}  // namespace deepcache_gen
