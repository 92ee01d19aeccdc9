#pragma once

#include <string>
#include <string_view>

namespace deepcache_gen {

/// Throws `UsageError` naming the first byte at which `prompt` is not UTF-8. A zero byte is a character like any other.
void require_utf8(std::string_view prompt);

/// The code points of `text`; a byte that is not part of valid UTF-8 becomes U+FFFD.
std::u32string decode_utf8(std::string_view text);

/// `code_points` as UTF-8.
std::string encode_utf8(std::u32string_view code_points);

}  // namespace deepcache_gen
