#pragma once

#include <string>

namespace deepcache_gen {

/// The manual page, section 1, in the macros of man(7); made from `option_table` and `command_table`.
std::string manual_page();

}  // namespace deepcache_gen
