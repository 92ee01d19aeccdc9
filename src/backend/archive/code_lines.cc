#include "backend/archive/code_lines.h"

#include <algorithm>
#include <string>

#include "backend/archive/refusal.h"

namespace deepcache_gen {
namespace {

using Kind = CodeToken::Kind;

// Traced code has calls of submodules within calls, 3 deep.
constexpr std::size_t kMaxBrackets = 32;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_of_a_name(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || is_digit(c); }
bool is_space(char c) { return c == ' '; }
bool is_space_or_end(char c) { return c == ' ' || c == '\n'; }

bool is_of_a_string(char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; }

class CodeReader {
 public:
  explicit CodeReader(std::string_view code) : rest_(code) {}

  std::vector<CodeLine> lines() {
    while (!rest_.empty()) read_line();
    return std::move(lines_);
  }

 private:
  void read_line() {
    CodeLine line{take_all(is_space).size(), {}};
    while (!rest_.empty() && (rest_.front() != '\n' || !open_.empty())) {
      if (take_all(is_space_or_end).empty()) line.tokens.push_back(token());
    }
    if (!open_.empty()) refuse_archive("its code has a bracket that is not closed");
    if (!rest_.empty()) rest_.remove_prefix(1);
    if (!line.tokens.empty()) lines_.push_back(std::move(line));
  }

  CodeToken token() {
    const char first = rest_.front();
    if (first == '"') return {Kind::string, string()};
    if (is_digit(first)) return {Kind::number, take(number_size())};
    if (is_of_a_name(first)) return {Kind::name, take_all(is_of_a_name)};
    if (rest_.starts_with("->")) return {Kind::punctuation, take(2)};
    if (std::string_view("()[]:=,.-").find(first) == std::string_view::npos) {
      refuse_archive("its code has the character " + std::to_string(static_cast<unsigned char>(first)) +
                     " where the code of a traced module has none");
    }
    match_bracket(first);
    return {Kind::punctuation, take(1)};
  }

  std::string_view string() {
    const auto* const end = std::find_if_not(rest_.begin() + 1, rest_.end(), is_of_a_string);
    if (end == rest_.end() || *end != '"') refuse_archive("its code has a string with an escape, or without an end");
    const auto size = static_cast<std::size_t>(end - rest_.begin()) + 1;
    return take(size).substr(1, size - 2);
  }

  // Digits, then perhaps a fraction and an exponent.
  std::size_t number_size() const {
    std::size_t size = digits_end(0);
    if (size < rest_.size() && rest_[size] == '.') size = digits_end(size + 1);
    if (size < rest_.size() && rest_[size] == 'e') {
      const bool has_sign = size + 1 < rest_.size() && (rest_[size + 1] == '-' || rest_[size + 1] == '+');
      size = digits_end(size + (has_sign ? 2 : 1));
    }
    return size;
  }
  std::size_t digits_end(std::size_t begin) const {
    begin = std::min(begin, rest_.size());
    return begin + count(rest_.substr(begin), is_digit);
  }

  void match_bracket(char bracket) {
    if (bracket == '(' || bracket == '[') {
      if (open_.size() == kMaxBrackets) refuse_archive("its code nests brackets too deep");
      open_.push_back(bracket == '(' ? ')' : ']');
    } else if (bracket == ')' || bracket == ']') {
      if (open_.empty() || open_.back() != bracket) refuse_archive("its code has brackets that do not match");
      open_.pop_back();
    }
  }

  std::string_view take(std::size_t size) {
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }
  static std::size_t count(std::string_view text, bool (*belongs)(char)) {
    return static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), belongs) - text.begin());
  }
  std::string_view take_all(bool (*belongs)(char)) { return take(count(rest_, belongs)); }

  std::string_view rest_;
  std::vector<char> open_;  // the brackets that will close what is open
  std::vector<CodeLine> lines_;
};

}  // namespace

std::vector<CodeLine> read_code_lines(std::string_view code) { return CodeReader(code).lines(); }

}  // namespace deepcache_gen
