#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "support/error.h"

namespace deepcache_gen {

/// So many arrays and objects may lie in each other; nlohmann writes, copies and compares them level by level on the
/// stack, which a deeper text could overflow.
inline constexpr int kDeepestJson = 100;

/// Reads a JSON text that may come from anywhere. `watch`: what nlohmann tells of everything it meets; may throw.
/// Throws `Error` saying what the text is not (`is not valid JSON`); whose text it is, the caller adds.
template <class Json, class Input>
Json parse_json(Input&& input, const typename Json::parser_callback_t& watch = nullptr) {
  using Event = typename Json::parse_event_t;
  const auto guard = [&](int depth, Event event, Json& parsed) {
    const bool opens = event == Event::object_start || event == Event::array_start;
    if (opens && depth >= kDeepestJson) {
      throw Error("has JSON nested more than " + std::to_string(kDeepestJson) + " levels deep");
    }
    return !watch || watch(depth, event, parsed);
  };
  try {
    return Json::parse(std::forward<Input>(input), guard);
  } catch (const typename Json::exception&) {
    throw Error("is not valid JSON");
  }
}

}  // namespace deepcache_gen
