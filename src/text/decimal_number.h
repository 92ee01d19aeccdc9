#pragma once

#include <optional>
#include <string_view>

namespace deepcache_gen {

/// The number that all of `text` is, as Python's `float` reads it: decimal, with a sign or not, white space around it.
/// Nothing where it is none, or none that is finite.
std::optional<double> decimal_number(std::string_view text);

}  // namespace deepcache_gen
