#pragma once

#include "cli/options/command_line.h"
#include "cli/output/results.h"

namespace deepcache_gen {

/// Prints every step of every prompt and makes nothing (--plan). Throws `UsageError` as `generate` does.
void print_plans(const CommandLine& line, const Results& results);

}  // namespace deepcache_gen
