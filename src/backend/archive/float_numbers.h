#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace deepcache_gen {

/// Bytes that each number of this type takes: "F16", "BF16", "F32" or "F64", as safetensors files name them; nothing
/// for types of other numbers.
std::optional<std::size_t> float_bytes(const std::string& type);

/// The numbers of that type in `bytes`, the lowest byte of each first; `bytes` has whole numbers only. What is too
/// large for float becomes infinite. Throws `std::bad_optional_access` where `float_bytes` has nothing.
std::vector<float> read_floats(const std::string& type, std::string_view bytes);

}  // namespace deepcache_gen
