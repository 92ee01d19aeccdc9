#include "cli/options/option_value.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <system_error>
#include <utility>

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

// The two numbers of "3/0"; nothing where the text is another.
std::optional<std::pair<int, int>> parse_pair(const std::string& text) {
  const std::vector<std::string> parts = split(text, '/');
  if (parts.size() != 2) return {};
  std::pair<int, int> numbers;
  for (const auto& [part, number] : {std::pair(parts[0], &numbers.first), std::pair(parts[1], &numbers.second)}) {
    const char* const end = part.data() + part.size();
    const auto [stop, error] = std::from_chars(part.data(), end, *number);
    if (error != std::errc() || stop != end || *number < 0) return {};
  }
  return numbers;
}

// cpu, or cuda:N for a GPU or its number; nothing where the text is another.
std::optional<std::string> device_of(const std::string& text) {
  if (text == "cpu") return text;
  const std::string number = text.starts_with("cuda:") ? text.substr(5) : text;
  const bool is_number = !number.empty() && number.find_first_not_of("0123456789") == std::string::npos;
  if (!is_number) return {};
  return "cuda:" + number;
}

// The system takes it for the end, of a file's name say.
void refuse_nul(const OptionValue& value) {
  if (value.text.find('\0') != std::string::npos) reject(value, "holds a NUL character; leave it out");
}

template <class Integer>
Integer parse_integer(const OptionValue& value) {
  const std::string highest = std::to_string(std::numeric_limits<Integer>::max());
  return parse_number<Integer>(value, "a whole number in decimal digits, at most " + highest);
}

}  // namespace

std::string quoted(const std::string& text) { return "'" + shortened(text) + "'"; }

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

void read(const OptionValue& value, std::string& field) {
  refuse_nul(value);
  field = value.text;
}

void read(const OptionValue& value, std::filesystem::path& field) {
  if (value.text.empty()) reject(value, "expected a path");
  refuse_nul(value);
  field = value.text;
}

void read(const OptionValue& value, std::vector<int>& field) {
  field.clear();
  for (const std::string& part : split(value.text, ',')) read({value.flag, part}, field.emplace_back());
}

void read(const OptionValue& value, std::vector<CacheSetting>& field) {
  field.clear();
  for (const std::string& part : split(value.text, ',')) {
    if (part == "original") {
      field.push_back({});
      continue;
    }
    const std::optional<std::pair<int, int>> numbers = parse_pair(part);
    if (!numbers) reject({value.flag, part}, "expected original or INTERVAL/BRANCH, as in original,3/0,5/1");
    field.push_back({numbers->first, numbers->second});
  }
}

void read(const OptionValue& value, DeviceList& field) {
  field.names.clear();
  for (const std::string& part : split(value.text, ',')) {
    const std::optional<std::string> device = device_of(part);
    if (!device) reject(value, "expected GPUs as in 0,1 or cuda:0,cuda:1; cpu is accepted too");
    const bool is_there = std::find(field.names.begin(), field.names.end(), *device) != field.names.end();
    if (is_there && *device != "cpu") reject(value, "names " + *device + " twice; name each GPU once");
    field.names.push_back(*device);
  }
}

void read(const OptionValue& value, Shard& field) {
  const std::optional<std::pair<int, int>> numbers = parse_pair(value.text);
  if (!numbers || numbers->first < 1 || numbers->first > numbers->second) {
    reject(value, "expected I/N with I from 1 to N, as in 2/5 for the second of five");
  }
  field = {numbers->first, numbers->second};
}

}  // namespace deepcache_gen
