#include "cli/options/option_value.h"

#include <charconv>
#include <cmath>
#include <limits>
#include <system_error>

#include "support/error.h"

namespace deepcache_gen {
namespace {

template <class Number>
Number parse_number(const OptionValue& value, const std::string& expected) {
  const char* const end = value.text.data() + value.text.size();
  Number number{};
  const auto [stop, error] = std::from_chars(value.text.data(), end, number);
  if (error == std::errc::result_out_of_range) reject(value, "does not fit; expected " + expected);
  if (error != std::errc() || stop != end) reject(value, "expected " + expected);
  return number;
}

template <class Integer>
Integer parse_integer(const OptionValue& value) {
  const std::string highest = std::to_string(std::numeric_limits<Integer>::max());
  return parse_number<Integer>(value, "a whole number in decimal digits, at most " + highest);
}

}  // namespace

std::string quoted(const std::string& text) {
  std::string result = "'";
  for (const char c : text.substr(0, 60)) result += static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? '?' : c;
  return result + (text.size() > 60 ? "...'" : "'");
}

void reject(const OptionValue& value, const std::string& problem) {
  throw UsageError(value.flag + " " + quoted(value.text) + ": " + problem);
}

void read(const OptionValue& value, int& field) { field = parse_integer<int>(value); }

void read(const OptionValue& value, std::int64_t& field) { field = parse_integer<std::int64_t>(value); }

void read(const OptionValue& value, double& field) {
  const std::string expected = "a finite number such as 7.5";
  field = parse_number<double>(value, expected);
  if (!std::isfinite(field)) reject(value, "expected " + expected);
}

void read(const OptionValue&, bool& field) { field = true; }

void read(const OptionValue& value, std::string& field) { field = value.text; }

void read(const OptionValue& value, std::filesystem::path& field) {
  if (value.text.empty()) reject(value, "expected a path");
  field = value.text;
}

}  // namespace deepcache_gen
