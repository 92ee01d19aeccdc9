#pragma once

#include <cstddef>
#include <istream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>

#include "support/error.h"

namespace deepcache_gen {

/// So many arrays and objects may lie in each other; nlohmann writes, copies and compares them level by level on the
/// stack, which a deeper text could overflow.
inline constexpr int kDeepestJson = 100;

/// What a JSON text may hold: each value takes much more memory than text, and nlohmann's ordered objects take time
/// that is quadratic in their keys.
struct JsonBounds {
  std::size_t values = 100'000;  ///< in the whole text, objects and arrays included
  std::size_t keys = 1'000;      ///< in one object
};

/// Throws `Error` unless `text` is one valid JSON text within the bounds, at most `kDeepestJson` deep. Builds nothing;
/// returns how many keys stand in it.
std::size_t require_bounded_json(const std::string& text, const JsonBounds& bounds);

/// Throws the `Error` for a text in which an object has a key twice, naming it.
[[noreturn]] void fail_for_a_key_twice(const std::string& text);

/// How many keys all objects of `json` have together.
template <class Json>
std::size_t count_keys(const Json& json) {
  if (!json.is_structured()) return 0;
  std::size_t keys = json.is_object() ? json.size() : 0;
  for (const Json& value : json) keys += count_keys(value);
  return keys;
}

/// Reads a JSON text that may come from anywhere. Throws `Error` saying what the text is not (`is not valid JSON`);
/// whose text it is, the caller adds. A key that an object has twice is an error: nlohmann would keep the last.
template <class Json>
Json parse_json(const std::string& text, const JsonBounds& bounds = {}) {
  const std::size_t keys = require_bounded_json(text, bounds);
  Json json = Json::parse(text);
  if (count_keys(json) != keys) fail_for_a_key_twice(text);
  return json;
}

/// The same from a stream, which is read to its end.
template <class Json>
Json parse_json(std::istream& stream, const JsonBounds& bounds = {}) {
  return parse_json<Json>(std::string{std::istreambuf_iterator<char>(stream), {}}, bounds);
}

// In json_parsing.cc, for all: nlohmann's reader takes the compiler seconds in every file that would make its own.
extern template nlohmann::json parse_json(const std::string& text, const JsonBounds& bounds);
extern template nlohmann::ordered_json parse_json(const std::string& text, const JsonBounds& bounds);

}  // namespace deepcache_gen
