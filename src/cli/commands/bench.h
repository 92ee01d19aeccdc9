#pragma once

#include "cli/options/command_line.h"
#include "cli/output/results.h"

namespace deepcache_gen {

/// Measures every size and batch with every cache setting and prints a table. Throws `UsageError` before anything is
/// measured, `Error` at the end where something could not be, `Interrupted` after what was measured is printed.
void bench(const CommandLine& line, const Results& results);

}  // namespace deepcache_gen
