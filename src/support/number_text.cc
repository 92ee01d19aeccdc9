#include "support/number_text.h"

#include <cstdio>

namespace deepcache_gen {

std::string number_text(const char* format, double number) {
  char text[48];
  std::snprintf(text, sizeof text, format, number);
  return text;
}

}  // namespace deepcache_gen
