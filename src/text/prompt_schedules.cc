#include "text/prompt_schedules.h"

#include <algorithm>
#include <string>
#include <vector>

#include "support/error.h"
#include "support/printable.h"
#include "support/utf8.h"
#include "text/character_class.h"
#include "text/decimal_number.h"

namespace deepcache_gen {
namespace {

// A bracket that is open, and what stands directly within it.
struct OpenBracket {
  char32_t bracket;
  std::size_t begin;
  std::vector<std::size_t> colons{};  ///< their places, no more than are told apart
  bool alternates = false;
};

// One more than a schedule may have.
constexpr std::size_t kMostColons = 3;

[[noreturn]] void refuse_text(std::u32string_view text, const std::string& what) {
  throw UsageError("'" + shortened(encode_utf8(text)) + "' " + what +
                   ", which is not supported; take it out, or write \\[ and \\] for the characters themselves");
}

bool is_schedule(const OpenBracket& open, std::u32string_view prompt, std::size_t end) {
  if (open.colons.empty() || open.colons.size() >= kMostColons) return false;
  constexpr std::size_t kLongestNumber = 64;
  const std::size_t begin = open.colons.back() + 1;
  if (end - begin > kLongestNumber) return false;
  return decimal_number(encode_utf8(prompt.substr(begin, end - begin))).has_value();
}

void look_at_closed(const OpenBracket& open, std::u32string_view prompt, std::size_t end) {
  const std::u32string_view text = prompt.substr(open.begin, end + 1 - open.begin);
  if (open.alternates) refuse_text(text, "means in this style that the words take turns from step to step");
  if (is_schedule(open, prompt, end)) {
    refuse_text(text, "means in this style that the prompt changes on the way");
  }
}

class Brackets {
 public:
  explicit Brackets(std::u32string_view prompt) : prompt_(prompt) {}

  void read(std::size_t place) {
    const char32_t c = prompt_[place];
    if (c == U'(' || c == U'[') open_.push_back({c, place});
    if (c == U')' || c == U']') close(c == U')' ? U'(' : U'[', place);
    if (open_.empty()) return;
    OpenBracket& innermost = open_.back();
    if (c == U':' && innermost.colons.size() < kMostColons) innermost.colons.push_back(place);
    if (c == U'|') innermost.alternates = true;
  }

 private:
  void close(char32_t opener, std::size_t place) {
    if (open_.empty()) return;
    const OpenBracket innermost = std::move(open_.back());
    if (innermost.bracket == opener) {
      open_.pop_back();
      if (opener == U'[') look_at_closed(innermost, prompt_, place);
      return;
    }
    // Crossed: neither is a bracket in that grammar any more.
    open_.clear();
  }

  std::u32string_view prompt_;
  std::vector<OpenBracket> open_;
};

}  // namespace

void refuse_schedules(std::u32string_view prompt) {
  Brackets brackets(prompt);
  for (std::size_t i = 0; i < prompt.size(); ++i) {
    if (prompt[i] == U'\\') {
      ++i;
    } else {
      brackets.read(i);
    }
  }
}

}  // namespace deepcache_gen
