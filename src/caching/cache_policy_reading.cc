#include <algorithm>
#include <charconv>
#include <system_error>

#include "caching/policy_table.h"
#include "support/closest_name.h"
#include "support/error.h"
#include "support/option_value.h"

namespace deepcache_gen {
namespace {

constexpr const char* kAt = "at";  // where the calls are, whatever the policy says: what records add
constexpr std::size_t kMostPlacedCalls = 10000, kMostPasses = 8;

std::string listed_names(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text.append(text.empty() ? "" : ", ").append(name);
  return text;
}

// "unknown WHAT 'NAME'; did you mean ...": or all that are known.
[[noreturn]] void reject_name(const OptionValue& spec, const std::string& what, const std::string& name,
                              const std::vector<std::string>& known) {
  const std::string closest = closest_name(name, known);
  reject(spec, "unknown " + what + " " + quoted(name) +
                   (closest.empty() ? "; there are " + listed_names(known) : "; did you mean '" + closest + "'?"));
}

const PolicyRow& row_named(const OptionValue& spec, const std::string& name) {
  std::vector<std::string> names;
  for (const PolicyRow& row : policy_table()) {
    if (row.name == name) return row;
    names.emplace_back(row.name);
  }
  reject_name(spec, "policy", name, names);
}

// One pass of `0+1+3/0+4`.
std::vector<int> read_calls(const OptionValue& spec, const std::string& name, const std::string& text) {
  std::vector<int> calls;
  for (const std::string& part : split(text, '+')) {
    int call = 0;
    const char* const end = part.data() + part.size();
    const auto [stop, error] = std::from_chars(part.data(), end, call);
    if (error != std::errc() || stop != end || call < 0) {
      reject(spec, name + " " + quoted(text) + ": expected UNet calls from 0 on, as 0+1+3+5, rising");
    }
    if (!calls.empty() && call <= calls.back()) reject(spec, name + " " + quoted(text) + ": the calls must rise");
    calls.push_back(call);
  }
  if (calls.size() > kMostPlacedCalls) reject(spec, name + ": more than " + std::to_string(kMostPlacedCalls));
  return calls;
}

double read_value(const OptionValue& spec, const CacheOption& option, const std::string& text) {
  const auto word = std::find(option.words.begin(), option.words.end(), text);
  if (word != option.words.end()) return static_cast<double>(word - option.words.begin());
  const std::string name = spec.flag + ", " + option.name;
  if (!option.words.empty()) {
    reject({name, text}, "expected " + listed_names({option.words.begin(), option.words.end()}));
  }
  if (option.is_whole) {
    int number = 0;
    read(OptionValue{name, text}, number);
    return number;
  }
  double number = 0;
  read(OptionValue{name, text}, number);
  return number;
}

const CacheOption& option_named(const OptionValue& spec, const PolicyRow& row, const std::string& name) {
  std::vector<std::string> names;
  if (row.list != nullptr) names.emplace_back(row.list);
  for (const CacheOption* option : row.options) {
    if (option->name == name) return *option;
    names.emplace_back(option->name);
  }
  reject_name(spec, std::string("option of ") + row.name, name, names);
}

void read_option(const OptionValue& spec, const PolicyRow& row, const std::string& text, CacheRequest& request) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos) reject(spec, quoted(text) + ": expected NAME=VALUE, as in full=10");
  const std::string name = text.substr(0, equals), value = text.substr(equals + 1);
  if (name == kAt || (row.list != nullptr && name == row.list)) {
    if (!request.placed.empty()) reject(spec, "says twice which calls are full");
    if (split(value, '/').size() > kMostPasses) reject(spec, "has more passes than any picture");
    for (const std::string& pass : split(value, '/')) request.placed.push_back(read_calls(spec, name, pass));
    return;
  }
  const CacheOption& option = option_named(spec, row, name);
  if (!request.options.emplace(name, read_value(spec, option, value)).second) {
    reject(spec, "has " + name + " twice; give it once");
  }
}

// `original` and `3/0`.
std::optional<CacheRequest> short_form(const OptionValue& spec) {
  const std::string& text = spec.text;
  if (text == "original") return CacheRequest{no_caching().options, no_caching().policy};
  const std::size_t slash = text.find('/');
  const bool is_pair = slash != std::string::npos && text.find_first_not_of("0123456789/") == std::string::npos;
  if (!is_pair) return {};
  int interval = 0, branch = 0;
  read(OptionValue{spec.flag + ", interval", text.substr(0, slash)}, interval);
  read(OptionValue{spec.flag + ", branch", text.substr(slash + 1)}, branch);
  return CacheRequest{{{kInterval.name, static_cast<double>(interval)}, {kBranch.name, static_cast<double>(branch)}},
                      no_caching().policy};
}

}  // namespace

CacheRequest read_cache_policy(const std::string& flag, const std::string& text) try {
  const OptionValue spec{flag, text};
  if (const std::optional<CacheRequest> request = short_form(spec)) return *request;
  const std::size_t colon = text.find(':');
  const PolicyRow& row = row_named(spec, text.substr(0, colon));
  CacheRequest request{{}, row.name};
  if (colon == std::string::npos || colon + 1 == text.size()) return request;
  for (const std::string& option : split(text.substr(colon + 1), ',')) read_option(spec, row, option, request);
  return request;
} catch (UsageError& error) {
  error.add_flag(flag);
  throw;
}

}  // namespace deepcache_gen
