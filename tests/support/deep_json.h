#pragma once

#include <string>

namespace deepcache_gen {

/// A JSON text of `depth` lists in each other.
inline std::string deep_json(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

}  // namespace deepcache_gen
