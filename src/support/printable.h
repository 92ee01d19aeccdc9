#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace deepcache_gen {

/// `text`, which others wrote, for a line on a terminal: what would move the cursor, end the line, turn the direction
/// of writing (Unicode bidirectional overrides and isolates) or is no UTF-8 is spelled out, as `\x1b`, `\n`, `\u202e`.
std::string printable(std::string_view text);

/// `printable`, of at most `longest` bytes and "..." where there are more.
std::string shortened(std::string_view text, std::size_t longest = 60);

/// Whether `text` has characters that `printable` spells out, bytes that are no UTF-8 aside.
bool has_control_characters(std::string_view text);

/// A JSON text that means the same, with those characters as JSON spells them.
std::string printable_json(std::string_view json);

}  // namespace deepcache_gen
