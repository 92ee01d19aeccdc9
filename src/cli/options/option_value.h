#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "caching/cache_setting.h"
#include "cli/options/device_list.h"
#include "cli/options/shard.h"

namespace deepcache_gen {

/// A flag of the command line and the text that was given for it; a switch has an empty text.
struct OptionValue {
  std::string flag;
  std::string text;
};

/// `text` in quotes for a one-line message: `shortened`.
std::string quoted(const std::string& text);

/// Throws `UsageError`: `FLAG 'TEXT': PROBLEM`.
[[noreturn]] void reject(const OptionValue& value, const std::string& problem);

/// `read` stores what `value` says in a field of that type. Numbers must be written in decimal digits and fit, and must
/// be finite, texts and paths must not hold a NUL; anything else throws `UsageError`.
void read(const OptionValue& value, int& field);
void read(const OptionValue& value, std::int64_t& field);
void read(const OptionValue& value, double& field);
void read(const OptionValue& value, bool& field);
void read(const OptionValue& value, std::string& field);
void read(const OptionValue& value, std::filesystem::path& field);
/// A list of numbers such as 8,4,1.
void read(const OptionValue& value, std::vector<int>& field);
/// A list such as original,3/0,5/1: interval and branch.
void read(const OptionValue& value, std::vector<CacheSetting>& field);
/// A list such as 0,1 or cuda:0,cuda:1 or cpu,cpu.
void read(const OptionValue& value, DeviceList& field);
/// 2/5 is the second of five.
void read(const OptionValue& value, Shard& field);

template <class Field>
void read(const OptionValue& value, std::optional<Field>& field) {
  read(value, field.emplace());
}

}  // namespace deepcache_gen
