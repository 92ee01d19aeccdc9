#pragma once

#include <algorithm>
#include <optional>

namespace deepcache_gen {

/// The smaller of two numbers; where one is unset, the other.
template <class Number>
std::optional<Number> smaller(const std::optional<Number>& one, const std::optional<Number>& other) {
  if (!one || !other) return one ? one : other;
  return std::min(*one, *other);
}

}  // namespace deepcache_gen
