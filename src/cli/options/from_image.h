#pragma once

#include <vector>

#include "cli/options/command_line.h"
#include "cli/options/option_table.h"

namespace deepcache_gen {

/// Stores in `line` what the picture of `line.from_image` says it was made of, but for what the flags in `given` say
/// already, and sets `line.source`. Returns `given` and all flags that the picture decides about, be it by saying
/// nothing of them: a configuration file must leave those alone. Throws `UsageError` for a picture without settings or
/// with odd ones, `Error` where it can't be read.
std::vector<const Option*> read_from_image(const std::vector<Option>& options, std::vector<const Option*> given,
                                           CommandLine& line);

}  // namespace deepcache_gen
