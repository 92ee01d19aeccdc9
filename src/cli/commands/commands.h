#pragma once

#include "cli/options/command_line.h"
#include "cli/output/results.h"

namespace deepcache_gen {

/// Does what the command line says; one file of this folder does each action. Throws `UsageError`, `Error` or
/// `Interrupted`, which decide the exit status.
void run_command(const CommandLine& line, const Results& results);

}  // namespace deepcache_gen
