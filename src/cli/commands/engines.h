#pragma once

#include <memory>
#include <vector>

#include "cli/options/command_line.h"
#include "cli/terminal/messages.h"
#include "pipeline/engine.h"

namespace deepcache_gen {

/// How each device of the command line computes: one, or those of --devices.
std::vector<ExecutionOptions> execution_of_each_device(const CommandLine& line);

/// Loads the model on every device, on all at the same time, and says how long it took. A device where that fails is
/// left out with a warning; throws what the first one failed with where none is left.
std::vector<std::unique_ptr<Engine>> load_engines(const ModelInfo& model, const CommandLine& line,
                                                  const Messages& messages);

}  // namespace deepcache_gen
