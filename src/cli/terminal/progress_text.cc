#include "cli/terminal/progress_text.h"

#include <cmath>
#include <cstdio>

namespace deepcache_gen {

std::string images_text(const BatchPlace& place) {
  std::string text = place.images > 1 ? "images " : "image ";
  text += std::to_string(place.first + 1);
  if (place.images > 1) text.append("-").append(std::to_string(place.first + place.images));
  if (place.total) text.append("/").append(std::to_string(*place.total));
  return text;
}

std::string rate_text(double steps_per_second) {
  char text[32];
  if (steps_per_second >= 1 || steps_per_second <= 0) {
    std::snprintf(text, sizeof text, "%.3g it/s", steps_per_second);
  } else {
    std::snprintf(text, sizeof text, "%.3g s/it", 1 / steps_per_second);
  }
  return text;
}

std::string duration_text(double seconds) {
  const long long total = std::llround(std::ceil(seconds));
  char text[40];
  if (total < 3600) {
    std::snprintf(text, sizeof text, "%lld:%02lld", total / 60, total % 60);
  } else {
    std::snprintf(text, sizeof text, "%lld:%02lld:%02lld", total / 3600, total / 60 % 60, total % 60);
  }
  return text;
}

std::string seconds_text(double seconds) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f s", seconds);
  return text;
}

std::string count_text(int count, const std::string& noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

std::string totals_text(int images, double seconds, double load_seconds) {
  return count_text(images, "image") + " in " + seconds_text(seconds) + ", " + seconds_text(seconds / images) +
         " each; load " + seconds_text(load_seconds);
}

}  // namespace deepcache_gen
