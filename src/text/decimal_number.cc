#include "text/decimal_number.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace deepcache_gen {

std::optional<double> decimal_number(std::string_view text) {
  constexpr std::string_view kSpaces = " \t\n\r\f\v";
  text.remove_prefix(std::min(text.find_first_not_of(kSpaces), text.size()));
  text = text.substr(0, text.find_last_not_of(kSpaces) + 1);
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool is_read = error == std::errc() && end == text.data() + text.size();
  return is_read && std::isfinite(number) ? std::optional(number) : std::nullopt;
}

}  // namespace deepcache_gen
