#include "cli/options/option_rows.h"

#include <algorithm>
#include <charconv>
#include <sstream>
#include <system_error>
#include <utility>

#include "support/error.h"

namespace deepcache_gen {
namespace {

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

}  // namespace

std::string text_of(double number) {
  std::ostringstream text;
  text << number;
  return text.str();
}

void read(const OptionValue& value, std::vector<std::string>& field) {
  field.clear();
  for (const std::string& part : split(value.text, ',')) read({value.flag, part}, field.emplace_back());
}

void read(const OptionValue& value, std::vector<CacheSpec>& field) {
  field.clear();
  for (const std::string& part : split(value.text, ',')) {
    if (part == "original") {
      field.push_back(no_caching());
      continue;
    }
    const std::optional<std::pair<int, int>> numbers = parse_pair(part);
    if (!numbers) reject({value.flag, part}, "expected original or INTERVAL/BRANCH, as in original,3/0,5/1");
    field.push_back(uniform_caching(numbers->first, numbers->second));
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
