#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace deepcache_gen {

/// A flag and the text that was given for it; that of a switch is empty, where it is not read from a file: true, false.
struct OptionValue {
  std::string flag;
  std::string text;
  std::vector<std::string> further{};  ///< what else was given for a flag that may be given several times
};

/// All that was given for a flag that may be given several times, but empty texts: `--lora ""` asks for none.
std::vector<std::string> all_texts(const OptionValue& value);

/// `text` in quotes for a one-line message: `shortened`.
std::string quoted(const std::string& text);

/// Throws `UsageError`: `FLAG 'TEXT': PROBLEM`.
[[noreturn]] void reject(const OptionValue& value, const std::string& problem);

/// The parts of a list.
std::vector<std::string> split(const std::string& text, char separator);

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
void read(const OptionValue& value, std::vector<double>& field);

template <class Field>
void read(const OptionValue& value, std::optional<Field>& field) {
  read(value, field.emplace());
}

/// The value, where it lies between the two. Throws `UsageError`: `FLAG VALUE: expected LOW to HIGH` and `why`.
int checked_whole(const std::string& flag, int value, int low, int high, const std::string& why = "");

}  // namespace deepcache_gen
