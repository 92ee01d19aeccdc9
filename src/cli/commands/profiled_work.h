#pragma once

#include <functional>

#include "cli/options/command_line.h"

namespace deepcache_gen {

/// Does `work`, which loads engines and lets them make pictures, and writes the `Profile` of it where --profile asks
/// for one, also where `work` throws. `line`: one whose devices have been checked. Throws `Error` before anything is
/// done where the file can't be written, and what `work` throws.
void do_profiled(const CommandLine& line, const std::function<void()>& work);

}  // namespace deepcache_gen
