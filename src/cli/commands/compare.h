#pragma once

#include "cli/options/command_line.h"
#include "cli/output/results.h"

namespace deepcache_gen {

/// Makes one picture without caching and with every setting asked for, writes them, and prints how they differ in time
/// and in what they show. Throws as `generate` does.
void compare(const CommandLine& line, const Results& results);

}  // namespace deepcache_gen
