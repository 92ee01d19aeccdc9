#pragma once

#include <filesystem>
#include <vector>

namespace deepcache_gen {

/// The machine's memory nodes (NUMA) whose processors this process may run on, by number, ascending. Empty where the
/// kernel knows of none. `topology`: where it describes them.
std::vector<int> memory_nodes_in_use(const std::filesystem::path& topology = "/sys/devices/system/node");

/// Has the memory that the calling thread, and threads that it begins from now on, are the first to touch taken from
/// `nodes` in turns, page by page (set_mempolicy(2), MPOL_INTERLEAVE). Without it the weights, which one thread
/// converts, would all lie with one node, whose memory the threads of every other node would read them from in every
/// step. Does nothing with less than two nodes, where a policy was set before (as numactl does), or where the kernel
/// refuses, as in some containers.
void interleave_memory(const std::vector<int>& nodes);

}  // namespace deepcache_gen
