#pragma once

#include <cstdint>
#include <filesystem>
#include <map>

namespace deepcache_gen {

/// By thread id, the nanoseconds since a thread began in which it could have run and was not let to, because others had
/// the processors or the process had used up its share of them.
using RunDelays = std::map<int, std::int64_t>;

/// Those of this process's threads (Linux, scheduler/sched-stats: the second number of a task's `schedstat`); empty
/// where the kernel keeps none. `tasks`: where the kernel lists the threads.
RunDelays run_delays(const std::filesystem::path& tasks = "/proc/self/task");

/// The share of `seconds` that the unluckiest thread spent so from `before` to `after`; of those that are in both.
double largest_delay_share(const RunDelays& before, const RunDelays& after, double seconds);

}  // namespace deepcache_gen
