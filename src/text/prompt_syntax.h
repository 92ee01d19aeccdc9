#pragma once

#include <string>
#include <string_view>

namespace deepcache_gen {

/// What AUTOMATIC1111 would not read as text in a prompt: the first tag, weight or BREAK, for people to read; empty
/// where there is none, or where the prompt can't be read so.
std::string first_syntax(std::string_view prompt);

}  // namespace deepcache_gen
