#include "support/number_text.h"

#include <cmath>
#include <cstdio>

namespace deepcache_gen {

std::string number_text(const char* format, double number) {
  char text[48];
  std::snprintf(text, sizeof text, format, number);
  return text;
}

double to_microseconds(double seconds) { return std::round(seconds * 1e6) / 1e6; }

}  // namespace deepcache_gen
