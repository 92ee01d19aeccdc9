#pragma once

#include <string>

namespace deepcache_gen {

/// `number` as `format`, one of printf's for a double with a text of at most 47 characters, has it.
std::string number_text(const char* format, double number);

}  // namespace deepcache_gen
