#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "support/json_parsing.h"

namespace deepcache_gen {

/// A JSON object that is read field by field. Every accessor throws `Error` naming the file, the path of the field,
/// what was found and what is expected, so that the code that reads a model.json need not check anything itself.
class JsonObject {
 public:
  /// Real files have some kilobytes, a large vocabulary some megabytes.
  static constexpr std::size_t kLargestFile = std::size_t{16} << 20;
  /// Reads and parses a file; throws `Error` where it is no regular file of at most 16 MiB, can't be read or is not one
  /// JSON object within `bounds`.
  static JsonObject from_file(const std::filesystem::path& file, const JsonBounds& bounds = {});
  /// An object at hand; `where` is what messages call it.
  JsonObject(nlohmann::json json, std::string where);

  /// All of it, for what is compared or kept as a whole.
  const nlohmann::json& json() const { return json_; }

  /// True when the field is there and is not null.
  bool has(const std::string& field) const;
  std::vector<std::string> field_names() const;

  std::string string(const std::string& field) const;
  std::int64_t integer(const std::string& field) const;
  double number(const std::string& field) const;
  bool boolean(const std::string& field) const;
  JsonObject object(const std::string& field) const;
  std::vector<JsonObject> objects(const std::string& field) const;
  std::vector<std::string> strings(const std::string& field) const;
  std::vector<double> numbers(const std::string& field) const;
  std::vector<std::vector<double>> number_rows(const std::string& field) const;

  /// Throws `Error` unless `low <= field <= high`.
  std::int64_t integer_between(const std::string& field, std::int64_t low, std::int64_t high) const;
  /// Throws `Error` unless the field is one of `accepted`.
  std::string string_of(const std::string& field, const std::vector<std::string>& accepted) const;

  /// Throws `Error` about a field: `WHERE: FIELD: PROBLEM`.
  [[noreturn]] void fail(const std::string& field, const std::string& problem) const;

 private:
  const nlohmann::json& at(const std::string& field) const;

  nlohmann::json json_;
  std::string where_;
};

}  // namespace deepcache_gen
