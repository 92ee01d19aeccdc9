#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "cli/run/worker.h"

namespace deepcache_gen {

/// Lets workers work, each in a thread of its own where there are several, and returns when all are done. What one of
/// them throws sets `stop`, which ends the others (it has to be part of what they ask as `interrupted`), and is thrown.
void work_together(const std::vector<std::unique_ptr<Worker>>& workers, std::atomic<bool>& stop);

}  // namespace deepcache_gen
