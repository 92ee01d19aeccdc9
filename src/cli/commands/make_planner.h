#pragma once

#include "cli/commands/picture_planner.h"
#include "cli/options/command_line.h"
#include "model/model_info.h"

namespace deepcache_gen {

/// The planner of a command line's pictures; `model` must outlive it.
PicturePlanner make_planner(const CommandLine& line, const ModelInfo& model);

}  // namespace deepcache_gen
