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

/// Throws `Error` unless `text` is one valid JSON text within the bounds, at most `kDeepestJson` deep, in which no
/// object has a key twice. Builds nothing; takes n log n time for n bytes.
void require_bounded_json(const std::string& text, const JsonBounds& bounds);

/// Reads a JSON text that may come from anywhere. Throws `Error` saying what the text is not (`is not valid JSON`);
/// whose text it is, the caller adds.
template <class Json>
Json parse_json(const std::string& text, const JsonBounds& bounds = {}) {
  require_bounded_json(text, bounds);
  try {
    return Json::parse(text);
  } catch (const typename Json::exception&) {
    throw Error("is not valid JSON");
  }
}

/// The same from a stream, which is read to its end.
template <class Json>
Json parse_json(std::istream& stream, const JsonBounds& bounds = {}) {
  return parse_json<Json>(std::string{std::istreambuf_iterator<char>(stream), {}}, bounds);
}

}  // namespace deepcache_gen
