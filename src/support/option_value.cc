#include "support/option_value.h"

#include <charconv>
#include <cmath>
#include <limits>
#include <system_error>

#include "support/error.h"
#include "support/printable.h"

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

// The system takes it for the end, of a file's name say.
void refuse_nul(const OptionValue& value) {
  if (value.text.find('\0') != std::string::npos) reject(value, "holds a NUL character; leave it out");
}

template <class Number>
void read_list(const OptionValue& value, std::vector<Number>& field) {
  field.clear();
  for (const std::string& part : split(value.text, ',')) read({value.flag, part}, field.emplace_back());
}

template <class Integer>
Integer parse_integer(const OptionValue& value) {
  const std::string highest = std::to_string(std::numeric_limits<Integer>::max());
  return parse_number<Integer>(value, "a whole number in decimal digits, at most " + highest);
}

}  // namespace

std::vector<std::string> all_texts(const OptionValue& value) {
  std::vector<std::string> texts{value.text};
  texts.insert(texts.end(), value.further.begin(), value.further.end());
  std::erase(texts, "");
  for (const std::string& text : texts) refuse_nul({value.flag, text});
  return texts;
}

std::string quoted(const std::string& text) { return std::string("'").append(shortened(text)).append("'"); }

void reject(const OptionValue& value, const std::string& problem) {
  throw UsageError(value.flag, value.flag + " " + quoted(value.text) + ": " + problem);
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts{""};
  for (const char c : text) {
    if (c == separator) {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

void read(const OptionValue& value, int& field) { field = parse_integer<int>(value); }

void read(const OptionValue& value, std::int64_t& field) { field = parse_integer<std::int64_t>(value); }

void read(const OptionValue& value, double& field) {
  const std::string expected = "a finite number such as 7.5";
  field = parse_number<double>(value, expected);
  if (!std::isfinite(field)) reject(value, "expected " + expected);
}

void read(const OptionValue& value, bool& field) { field = value.text != "false"; }

void read(const OptionValue& value, std::string& field) {
  refuse_nul(value);
  field = value.text;
}

void read(const OptionValue& value, std::filesystem::path& field) {
  if (value.text.empty()) reject(value, "expected a path");
  refuse_nul(value);
  field = value.text;
}

void read(const OptionValue& value, std::vector<int>& field) { read_list(value, field); }

void read(const OptionValue& value, std::vector<double>& field) { read_list(value, field); }

int checked_whole(const std::string& flag, int value, int low, int high, const std::string& why) {
  if (value >= low && value <= high) return value;
  throw UsageError(flag, flag + " " + std::to_string(value) + ": expected " + std::to_string(low) + " to " +
                             std::to_string(high) + why);
}

}  // namespace deepcache_gen
