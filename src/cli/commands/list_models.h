#pragma once

#include "cli/options/command_line.h"
#include "cli/output/results.h"

namespace deepcache_gen {

/// Prints the models that -m takes by name; one that can't be used is listed with its problem.
void list_models(const CommandLine& line, const Results& results);

}  // namespace deepcache_gen
