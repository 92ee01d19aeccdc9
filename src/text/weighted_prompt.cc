#include "text/weighted_prompt.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "support/error.h"
#include "support/number_text.h"
#include "support/printable.h"
#include "support/utf8.h"
#include "text/character_class.h"
#include "text/decimal_number.h"
#include "text/prompt_schedules.h"

namespace deepcache_gen {
namespace {

constexpr double kMore = 1.1, kLess = 1 / 1.1;
constexpr std::size_t kDeepest = 100;
constexpr std::u32string_view kBreak = U"BREAK", kAnd = U"AND", kSyntax = U"\\()[]:";

// As a regular expression of Python has it (\s).
bool is_white(char32_t c) { return class_of(c) == CharacterClass::kSpace || (c >= 0x1C && c <= 0x1F); }

// The first place at or after `from` where `word` stands as a word of its own.
std::size_t find_word(std::u32string_view text, std::u32string_view word, std::size_t from = 0) {
  for (std::size_t at = text.find(word, from); at != text.npos; at = text.find(word, at + 1)) {
    const std::size_t end = at + word.size();
    const bool begins = at == 0 || !is_word_character(text[at - 1]);
    if (begins && (end == text.size() || !is_word_character(text[end]))) return at;
  }
  return text.npos;
}

// What ends a bracket with a weight: `:1.3)`.
struct NumberedEnd {
  std::size_t length;
  std::string number;
};

std::optional<NumberedEnd> numbered_end(std::u32string_view text) {
  std::size_t at = 1;
  const auto skip = [&](auto is_skipped) {
    const std::size_t begin = at;
    while (at < text.size() && is_skipped(text[at])) ++at;
    return at - begin;
  };
  skip(is_white);
  const std::size_t begin = at;
  if (at < text.size() && (text[at] == U'+' || text[at] == U'-')) ++at;
  const std::size_t digits = skip([](char32_t c) { return c == U'.' || (c >= U'0' && c <= U'9'); });
  const std::string number = encode_utf8(text.substr(begin, at - begin));
  skip(is_white);
  if (digits == 0 || at == text.size() || text[at] != U')') return {};
  return NumberedEnd{at + 1, number};
}

// What is said of the first of its kind, and how many more there are.
struct Remark {
  std::string text;
  int count = 0;

  void add(const std::string& said) {
    if (count++ == 0) text = said;
  }
  void append_to(std::vector<std::string>& remarks) const {
    if (count == 0) return;
    remarks.push_back(count == 1 ? text : text + " (and " + std::to_string(count - 1) + " more)");
  }
};

struct Piece {
  std::u32string text;
  double weight = 1;
  bool is_break = false;
};

// A bracket that is open.
struct Opener {
  std::size_t first_piece;
  std::size_t place;
};

class Parser {
 public:
  explicit Parser(std::u32string_view prompt) : prompt_(prompt) {}

  WeightedPrompt parse() {
    while (at_ < prompt_.size()) read_next();
    for (const Opener& opener : round_) leave_open(opener, "1.1 times as much", kMore);
    for (const Opener& opener : square_) leave_open(opener, "1.1 times less", kLess);
    WeightedPrompt result{joined(), {}};
    for (const Remark* remark : {&unclosed_, &unopened_, &breaks_}) remark->append_to(result.remarks);
    return result;
  }

 private:
  void read_next() {
    const char32_t c = prompt_[at_];
    if (c == U'\\') return read_escape();
    if (c == U'(') return open(round_);
    if (c == U'[') return open(square_);
    if (c == U':') return read_colon();
    if (c == U')' && !round_.empty()) return close(round_, kMore, 1);
    if (c == U']' && !square_.empty()) return close(square_, kLess, 1);
    if (c == U')' || c == U']') return read_unopened(1);
    const std::size_t end = std::min(prompt_.find_first_of(kSyntax, at_), prompt_.size());
    append_text(prompt_.substr(at_, end - at_));
    at_ = end;
  }

  void read_escape() {
    ++at_;
    const bool escapes = at_ < prompt_.size() && kSyntax.substr(0, 5).find(prompt_[at_]) != kSyntax.npos;
    pieces_.push_back({escapes ? std::u32string(1, prompt_[at_++]) : std::u32string()});
  }

  void read_colon() {
    const std::optional<NumberedEnd> end = numbered_end(prompt_.substr(at_));
    if (!end) {
      pieces_.push_back({U":"});
      ++at_;
      return;
    }
    if (round_.empty()) return read_unopened(end->length);
    const std::optional<double> factor = decimal_number(end->number);
    if (!factor) {
      throw UsageError("the weight '" + shortened(end->number) + "' of '" + excerpt(round_.back().place) +
                       "' is no number; expected one such as 1.2, or write \\( for the character itself");
    }
    close(round_, *factor, end->length);
  }

  void read_unopened(std::size_t length) {
    const std::u32string text(prompt_.substr(at_, length));
    unopened_.add("'" + encode_utf8(text) + "' closes no bracket and is read as text");
    pieces_.push_back({text});
    at_ += length;
  }

  void open(std::vector<Opener>& brackets) {
    if (round_.size() + square_.size() == kDeepest) {
      throw UsageError("more than " + std::to_string(kDeepest) +
                       " brackets are open at once; write \\( and \\[ for the characters themselves");
    }
    brackets.push_back({pieces_.size(), at_++});
  }

  void close(std::vector<Opener>& brackets, double factor, std::size_t length) {
    multiply(brackets.back(), factor);
    brackets.pop_back();
    at_ += length;
  }

  void leave_open(const Opener& opener, const std::string& read_as, double factor) {
    multiply(opener, factor);
    unclosed_.add("'" + excerpt(opener.place) + "': the bracket is never closed, so all behind it weighs " + read_as +
                  "; write \\" + encode_utf8(prompt_.substr(opener.place, 1)) + " for the character itself");
  }

  void multiply(const Opener& opener, double factor) {
    for (std::size_t i = opener.first_piece; i < pieces_.size(); ++i) {
      if (pieces_[i].is_break)
        breaks_.add("BREAK within brackets ends a chunk; AUTOMATIC1111 makes a word of it there");
      pieces_[i].weight *= factor;
    }
  }

  void append_text(std::u32string_view text) {
    for (std::size_t at = find_word(text, kBreak); at != text.npos; at = find_word(text, kBreak)) {
      std::size_t end = at, next = at + kBreak.size();
      while (end > 0 && is_white(text[end - 1])) --end;
      while (next < text.size() && is_white(text[next])) ++next;
      pieces_.push_back({std::u32string(text.substr(0, end))});
      pieces_.push_back({{}, 1, true});
      text.remove_prefix(next);
    }
    pieces_.push_back({std::u32string(text)});
  }

  std::string excerpt(std::size_t place) const { return shortened(encode_utf8(prompt_.substr(place, 60)), 30); }

  std::vector<std::vector<WeightedText>> joined() const {
    std::vector<std::vector<WeightedText>> parts(1);
    for (std::size_t i = 0; i < pieces_.size();) {
      if (pieces_[i].is_break) {
        parts.emplace_back();
        ++i;
        continue;
      }
      const double weight = pieces_[i].weight;
      std::u32string text;
      for (; i < pieces_.size() && !pieces_[i].is_break && pieces_[i].weight == weight; ++i) text += pieces_[i].text;
      if (!text.empty()) parts.back().push_back(checked(encode_utf8(text), weight));
    }
    return parts;
  }

  static WeightedText checked(std::string text, double weight) {
    if (std::abs(weight) <= kGreatestWeight) return {std::move(text), weight};
    throw UsageError("'" + shortened(text) + "' weighs " + number_text("%g", weight) + "; expected at most " +
                     number_text("%g", kGreatestWeight) + ", up or down");
  }

  std::u32string_view prompt_;
  std::size_t at_ = 0;
  std::vector<Piece> pieces_;
  std::vector<Opener> round_, square_;
  Remark unclosed_, unopened_, breaks_;
};

}  // namespace

WeightedPrompt parse_weighted_prompt(std::string_view prompt) {
  require_utf8(prompt);
  const std::u32string text = decode_utf8(prompt);
  refuse_schedules(text);
  return Parser(text).parse();
}

void refuse_composition(std::string_view prompt) {
  const std::u32string text = decode_utf8(prompt);
  const std::size_t at = find_word(text, kAnd);
  if (at == text.npos) return;
  throw UsageError("'" + shortened(encode_utf8(text.substr(at, 40)), 30) +
                   "': AND means in this style that several prompts guide together, which is not supported; write it "
                   "in lower case");
}

std::string text_of(const WeightedPrompt& prompt) {
  std::string text;
  for (const std::vector<WeightedText>& part : prompt.parts) {
    for (const WeightedText& piece : part) text.append(text.empty() ? "" : " ").append(piece.text);
  }
  return text;
}

}  // namespace deepcache_gen
