#pragma once

#include <string>
#include <utility>
#include <vector>

namespace deepcache_gen {

/// What a report about a fault should say of the libraries and the machine, as names and texts in order: versions of
/// LibTorch, CUDA and cuDNN, CUDA devices, the processor and what it is used for, what of cores and memory this process
/// may use.
std::vector<std::pair<std::string, std::string>> build_facts();

}  // namespace deepcache_gen
