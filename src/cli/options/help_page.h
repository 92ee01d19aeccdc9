#pragma once

#include <string>

namespace deepcache_gen {

/// The page of --help, made from `option_table`; lines of at most 80 columns.
std::string help_page();

}  // namespace deepcache_gen
