#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace deepcache_gen {

/// A word of TorchScript's source text.
struct CodeToken {
  enum class Kind { name, number, string, punctuation };
  Kind kind;
  std::string_view text;  ///< of a string without its quotation marks
};

/// A line of it; what is in brackets belongs to the line that the bracket opens on.
struct CodeLine {
  std::size_t indentation;  ///< spaces before it
  std::vector<CodeToken> tokens;
};

/// Cuts source text, which must outlive them, into lines. Throws `Error` for what TorchScript's writer does not put
/// into the code of a traced module: any character besides names, decimal numbers, plain strings and ( ) [ ] : = , . -
/// ->, comments and escapes included, and brackets that do not match or nest too deep.
std::vector<CodeLine> read_code_lines(std::string_view code);

}  // namespace deepcache_gen
