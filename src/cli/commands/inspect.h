#pragma once

#include "cli/options/command_line.h"
#include "cli/output/results.h"

namespace deepcache_gen {

/// Prints what a model is. Throws `Error` where it can't be used or a file has changed.
void inspect(const CommandLine& line, const Results& results);

}  // namespace deepcache_gen
