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

bool is_alphanumeric(unsigned char c) { return std::isalnum(c) != 0; }

// What tells names of different things apart: `2m` of dpm++2m (`2s a` of dpm++2s_a), `21` of sd21-random, `a` of
// euler_a. A digit typed twice is still a typing error.
std::string distinction(std::string_view name) {
  std::string parts;
  bool is_first = true;
  for (auto from = name.begin(); (from = std::find_if(from, name.end(), is_alphanumeric)) != name.end();) {
    const auto to = std::find_if_not(from, name.end(), is_alphanumeric);
    const auto digit = std::find_if(from, to, [](unsigned char c) { return std::isdigit(c) != 0; });
    const bool is_letter = !is_first && to - from == 1;
    if (is_letter || digit != to) parts.append(is_letter ? from : digit, to).append(" ");
    is_first = false;
    from = to;
  }
  parts.erase(std::unique(parts.begin(), parts.end()), parts.end());
  return parts;
}

// -i is not -p written wrongly: one letter has nothing else to be known by.
bool is_short_flag(std::string_view name) { return name.size() == 2 && name.front() == '-'; }

bool may_mean(const std::string& name, const std::string& candidate) {
  return !is_short_flag(candidate) && distinction(name) == distinction(candidate);
}

// A third of the letters; dashes before them say nothing.
std::size_t allowed_edits(std::string_view name) {
  const std::size_t letters = name.size() - std::min(name.find_first_not_of('-'), name.size());
  return std::clamp<std::size_t>((letters + 2) / 3, 1, 2);
}

}  // namespace

std::string closest_name(std::string_view name, const std::vector<std::string>& names) {
  std::size_t best = allowed_edits(name) + 1;
  std::string closest;
  if (name.size() > 64 || is_short_flag(name)) return closest;
  const std::string given = lower_case(name);
  for (const std::string& candidate : names) {
    const std::string known = lower_case(candidate);
    if (!may_mean(given, known)) continue;
    const std::size_t distance = edit_distance(given, known);
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
