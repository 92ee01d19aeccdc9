#pragma once

#include "cli/options/command_line.h"
#include "cli/output/results.h"

namespace deepcache_gen {

/// Prints the version, with --json also those of the libraries and what the processor can do.
void print_version(const CommandLine& line, const Results& results);

}  // namespace deepcache_gen
