#pragma once

#include <cstddef>

namespace deepcache_gen {

/// Lets the process keep the memory it frees. Every step allocates the same large activations anew; given back to the
/// kernel in between, they come back as fresh pages that must be zeroed and mapped again, a fifth of a step's time. The
/// threads that begin from then on share one heap: in heaps of their own, blocks above 64 MiB would be mapped one by
/// one whatever is asked.
void keep_freed_memory();

/// Has the next allocations, `bytes` of them together, made in huge pages where the kernel has them, or as many of them
/// as there is address space for. Gigabytes of weights are read in every step, and looking up the addresses of small
/// pages takes a tenth of it. No memory is used before it is written to. Call it after `keep_freed_memory`.
void prepare_huge_pages(std::size_t bytes);

}  // namespace deepcache_gen
