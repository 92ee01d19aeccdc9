#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "backend/archive/code_lines.h"

namespace deepcache_gen {

/// A place in source text that moves from line to line, and in each from token to token. What takes something throws
/// `Error` where something else stands there.
class CodeCursor {
 public:
  /// `lines` outlive the cursor.
  explicit CodeCursor(std::span<const CodeLine> lines) : lines_(lines) {}

  bool at_end() const { return lines_.empty(); }
  bool is_at(std::size_t indentation) const { return !lines_.empty() && lines_.front().indentation == indentation; }
  std::size_t lines_left() const { return lines_.size(); }

  /// Whether this word, which is no string, or this kind of token stands `ahead` tokens further on.
  bool sees(std::string_view word, std::size_t ahead = 0) const;
  bool sees(CodeToken::Kind kind, std::size_t ahead = 0) const;

  bool take_if(std::string_view word);
  void expect(std::string_view word);
  /// `what`: what belongs there, for the message.
  std::string_view take(CodeToken::Kind kind, const char* what);
  /// A name that somebody chose, none with a meaning of its own in TorchScript or Python.
  std::string_view take_name();
  /// Names with dots between them.
  std::string take_path();
  void end_line();

  /// Throws the `Error` of something else where `expected` belongs.
  [[noreturn]] void fail(const std::string& expected) const;

 private:
  const CodeToken* peek(std::size_t ahead) const;

  std::span<const CodeLine> lines_;
  std::size_t position_ = 0;
};

}  // namespace deepcache_gen
