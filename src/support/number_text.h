#pragma once

#include <string>

namespace deepcache_gen {

/// `number` as `format`, one of printf's for a double with a text of at most 47 characters, has it.
std::string number_text(const char* format, double number);

/// Seconds as records for other programs have them: to the microsecond, which no clock here is better than.
double to_microseconds(double seconds);

}  // namespace deepcache_gen
