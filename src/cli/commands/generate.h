#pragma once

#include "cli/options/command_line.h"
#include "cli/output/results.h"

namespace deepcache_gen {

/// Makes the pictures of --prompt or of --prompts and prints their paths or records. Throws `UsageError` before
/// anything is made where something is not accepted, `Error` at the end where pictures could not be made, `Interrupted`
/// after Ctrl-C.
void generate(const CommandLine& line, const Results& results);

}  // namespace deepcache_gen
