#pragma once

#include <array>

namespace deepcache_gen {

/// The visible character that stands for each byte in a byte-level vocabulary: printable Latin-1 for itself, the other
/// 68 bytes in order for U+0100 and up. Source: `bytes_to_unicode` of GPT-2.
std::array<char32_t, 256> byte_symbols();

}  // namespace deepcache_gen
