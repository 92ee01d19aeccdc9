#include "text/clip_normalizer.h"

#include <utf8proc.h>

#include <algorithm>
#include <vector>

namespace deepcache_gen {
namespace {

using CodePoints = std::vector<utf8proc_int32_t>;

constexpr int kLongestDecomposition = 32;
constexpr char32_t kCapitalIWithDot = 0x130;

bool is_mark(utf8proc_int32_t c) { return utf8proc_get_property(c)->combining_class != 0; }

bool marks_before(utf8proc_int32_t a, utf8proc_int32_t b) {
  return utf8proc_get_property(a)->combining_class < utf8proc_get_property(b)->combining_class;
}

CodePoints decomposed(std::u32string_view text) {
  CodePoints result;
  result.reserve(text.size());
  for (const char32_t c : text) {
    utf8proc_int32_t parts[kLongestDecomposition];
    const utf8proc_ssize_t count =
        utf8proc_decompose_char(static_cast<utf8proc_int32_t>(c), parts, kLongestDecomposition,
                                static_cast<utf8proc_option_t>(UTF8PROC_DECOMPOSE | UTF8PROC_STABLE), nullptr);
    result.insert(result.end(), parts, parts + count);
  }
  return result;
}

// utf8proc_decompose would do this too, but in time quadratic in the number of marks on one letter.
void order_marks(CodePoints& text) {
  for (auto first = text.begin(); first != text.end();) {
    first = std::find_if(first, text.end(), is_mark);
    const auto last = std::find_if_not(first, text.end(), is_mark);
    std::stable_sort(first, last, marks_before);
    first = last;
  }
}

void compose(CodePoints& text) {
  const utf8proc_ssize_t length =
      utf8proc_normalize_utf32(text.data(), static_cast<utf8proc_ssize_t>(text.size()),
                               static_cast<utf8proc_option_t>(UTF8PROC_COMPOSE | UTF8PROC_STABLE));
  text.resize(static_cast<std::size_t>(length));
}

}  // namespace

std::u32string clip_normalized(std::u32string_view text) {
  CodePoints composed = decomposed(text);
  order_marks(composed);
  compose(composed);
  std::u32string result;
  result.reserve(composed.size());
  for (const utf8proc_int32_t c : composed) {
    result.push_back(static_cast<char32_t>(utf8proc_tolower(c)));
    // The only code point whose lower case is two (SpecialCasing.txt of Unicode).
    if (static_cast<char32_t>(c) == kCapitalIWithDot) result.replace(result.size() - 1, 1, U"i\u0307");
  }
  return result;
}

}  // namespace deepcache_gen
