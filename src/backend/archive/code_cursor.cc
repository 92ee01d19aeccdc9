#include "backend/archive/code_cursor.h"

#include <algorithm>
#include <array>

#include "backend/archive/refusal.h"

namespace deepcache_gen {
namespace {

constexpr std::array<std::string_view, 30> kKeywords{
    "and",  "as",     "assert",   "async",   "await", "break", "class",  "continue", "def",    "del",
    "elif", "else",   "except",   "finally", "for",   "from",  "global", "if",       "import", "in",
    "is",   "lambda", "nonlocal", "not",     "or",    "pass",  "raise",  "return",   "while",  "with"};

}  // namespace

bool CodeCursor::sees(std::string_view word, std::size_t ahead) const {
  const CodeToken* token = peek(ahead);
  return token && token->kind != CodeToken::Kind::string && token->text == word;
}

bool CodeCursor::sees(CodeToken::Kind kind, std::size_t ahead) const {
  const CodeToken* token = peek(ahead);
  return token && token->kind == kind;
}

bool CodeCursor::take_if(std::string_view word) {
  if (!sees(word)) return false;
  ++position_;
  return true;
}

void CodeCursor::expect(std::string_view word) {
  if (!take_if(word)) fail("'" + std::string(word) + "'");
}

std::string_view CodeCursor::take(CodeToken::Kind kind, const char* what) {
  if (!sees(kind)) fail(what);
  return lines_.front().tokens[position_++].text;
}

std::string_view CodeCursor::take_name() {
  const std::string_view name = take(CodeToken::Kind::name, "a name");
  if (std::find(kKeywords.begin(), kKeywords.end(), name) != kKeywords.end()) {
    refuse_archive("its code has '" + std::string(name) + "' where a name belongs");
  }
  return name;
}

std::string CodeCursor::take_path() {
  std::string path(take_name());
  while (take_if(".")) path += "." + std::string(take_name());
  return path;
}

void CodeCursor::end_line() {
  if (peek(0)) fail("the end of the line");
  lines_ = lines_.subspan(1);
  position_ = 0;
}

void CodeCursor::fail(const std::string& expected) const {
  const CodeToken* token = peek(0);
  const std::string found = token ? "'" + std::string(token->text.substr(0, 100)) + "'" : "the end of a line";
  refuse_archive("its code has " + found + " where the code of a traced module has " + expected);
}

const CodeToken* CodeCursor::peek(std::size_t ahead) const {
  if (lines_.empty() || position_ + ahead >= lines_.front().tokens.size()) return nullptr;
  return &lines_.front().tokens[position_ + ahead];
}

}  // namespace deepcache_gen
