#include "support/closest_name.h"

#include <algorithm>
#include <cctype>
#include <numeric>
#include <utility>

#include "support/printable.h"

namespace deepcache_gen {
namespace {

std::string lower_case(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

// Levenshtein distance, one row of the table at a time.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substitution = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, substitution}));
    }
  }
  return row.back();
}

}  // namespace

std::string closest_name(std::string_view name, const std::vector<std::string>& names) {
  const std::size_t allowed = std::clamp<std::size_t>(name.size() / 2, 1, 3);
  std::size_t best = allowed + 1;
  std::string closest;
  if (name.size() > 64) return closest;
  for (const std::string& candidate : names) {
    const std::size_t distance = edit_distance(lower_case(name), lower_case(candidate));
    if (distance < best) {
      best = distance;
      closest = candidate;
    }
  }
  return closest;
}

std::string unknown_name_message(std::string_view kind, std::string_view name, const std::vector<std::string>& names) {
  std::string message = "unknown " + std::string(kind) + " '" + shortened(name) + "'";
  if (const std::string closest = closest_name(name, names); !closest.empty()) {
    message += "; did you mean '" + closest + "'?";
  } else {
    message += ";";
  }
  message += " Known:";
  for (const std::string& known : names) message += (&known == &names.front() ? " " : ", ") + known;
  return message;
}

}  // namespace deepcache_gen
